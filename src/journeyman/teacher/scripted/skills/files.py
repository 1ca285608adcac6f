"""What the files of the skills recipe's worlds contain, in the writers' own schemas."""

import json
from typing import Any

from journeyman.teacher.scripted.file_plans import MARK
from journeyman.teacher.scripted.skills.scenes import HEIGHT, WIDTH, SkillWorld


def plan_skill_files(world: SkillWorld) -> dict[str, Any]:
    """The answer to a request for what the files hold and what the gold answer is computed from."""
    size = {"width": WIDTH, "height": HEIGHT, "background": world.background}
    return {
        "contents": [json.dumps({**size, "items": list(items)}) for items in world.pictures],
        "comment": f"{MARK}:{world.kind}:{world.number}",
        "column": world.column,
        "label": world.label,
        "half": "",
        "count": 0,
    }
