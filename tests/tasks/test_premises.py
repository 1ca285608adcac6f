import pytest

from journeyman.errors import ConfigError
from tasks.policies import RESULT_BLOCK
from tasks.premises import require_result_block


@pytest.mark.parametrize("setting", [None, "s3-bucket/results"], ids=["local folder", "another block"])
def test_results_that_would_lie_elsewhere_are_refused_with_the_setting_to_set(setting: str | None) -> None:
    with pytest.raises(ConfigError, match=f"PREFECT_DEFAULT_RESULT_STORAGE_BLOCK={RESULT_BLOCK}"):
        require_result_block(setting)


def test_results_beside_the_artifacts_are_what_is_wanted() -> None:
    require_result_block(RESULT_BLOCK)
