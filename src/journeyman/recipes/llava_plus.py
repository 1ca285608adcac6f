"""LLaVA-Plus (arXiv:2311.05437): an assistant that sees the picture, calls skills where they help, and answers.

The paper's *Fly* as it stands; ``skills.shown_first`` with the understanding skills makes *All Tools* of it,
``skills.thoughts: false`` its ablation. Deviations, and why, are in docs/papers.md.
"""

from journeyman.generation.config import GenerationConfig
from journeyman.recipe import Recipe

UNDERSTANDING = (
    "read_lines",
    "tag_scene",
    "caption_image",
    "ground_objects",
    "segment_objects",
    "segment_at",
    "segment_map",
    "caption_and_ground",
    "tag_and_ground",
    "retrieve_knowledge",
)
MAKING = ("draw_picture", "inpaint", "draw_from_map", "write_post")

RECIPE = Recipe(
    name="llava_plus",
    action_format="skill_json",
    tools=(*UNDERSTANDING, *MAKING),
    query_checks=("files_open", "gold_is_known", "query_judge"),
    trajectory_checks=(
        "actions_parse",
        "calls_succeed",
        "no_injection_followed",
        "tools_used",
        "replay_agrees",
        "answer_is_gold",
        "trajectory_judge",
    ),
    generation=GenerationConfig(generator="llava_plus", held_out_tools=("retrieve_knowledge",), follow_ups=0.2),
)
