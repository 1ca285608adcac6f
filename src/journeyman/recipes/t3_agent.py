"""T3-Agent (arXiv:2412.15606): multimodal tool trajectories, checked before and after the rollout.

Deviations from the released code, and why, are in docs/papers.md: verdicts are applied, queries are
checked against their files before trajectories are paid for, gold answers are computed, not judged.
"""

from journeyman.recipe import Recipe

RECIPE = Recipe(
    name="t3_agent",
    tools=(
        "ocr",
        "read_barcode",
        "detect_faces",
        "tag_image",
        "measure_colour",
        "crop_image",
        "inspect_file",
        "search_corpus",
        "calculate",
        "look_up_facts",
    ),
    optional_tools=(
        "visualize",
        "locate_object",
        "generate_image",
        "edit_image_by_instruction",
        "web_search",
        "visit_page",
    ),
    query_checks=("files_open", "gold_is_known", "query_judge"),
    trajectory_checks=(
        "actions_parse",
        "calls_succeed",
        "tools_used",
        "replay_agrees",
        "answer_is_gold",
        "trajectory_judge",
    ),
)
