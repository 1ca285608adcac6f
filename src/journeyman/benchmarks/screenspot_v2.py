"""ScreenSpot-v2 (OS-Atlas, arXiv:2410.23218): ScreenSpot with its wrong and ambiguous annotations mended."""

from journeyman.benchmarks._screenspot import Edition, benchmark_of
from journeyman.metrics.screenspot import GROUP_SIZES_V2

EDITION = Edition(
    name="screenspot_v2",
    title="ScreenSpot-v2",
    table="screenspot_{}_v2.json",
    pictures=("screenspotv2_image/", "images/", ""),
    sizes=GROUP_SIZES_V2,
    licence="Apache-2.0 (OS-Copilot/ScreenSpot-v2)",
    where="huggingface.co/datasets/OS-Copilot/ScreenSpot-v2",
)

BENCHMARK = benchmark_of(
    EDITION,
    version=1,
    summary="ScreenSpot-v2 (arXiv:2410.23218): ScreenSpot annotated anew; data of OS-Copilot/ScreenSpot-v2",
)
