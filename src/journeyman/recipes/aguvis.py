"""Aguvis (arXiv:2412.04454): sees a screen, thinks, acts by mouse and keyboard; grounding first, then planning.

Training is the paper's 7B run in two stages; the deployment ``aguvis`` lays settings over it that end in
minutes on two cores. Deviations, and why, are in docs/papers.md.
"""

from journeyman.evaluation.config import EvaluationConfig
from journeyman.generation.config import GenerationConfig
from journeyman.recipe import Recipe
from journeyman.training.published import PUBLISHED

RECIPE = Recipe(
    name="aguvis",
    task="act on screens",
    action_format="pyautogui_call",
    generation=GenerationConfig(held_out_tools=()),
    training=PUBLISHED["aguvis/qwen2_vl_7b"].settings,
    evaluation=EvaluationConfig(agents=("untuned", "tuned", "blind"), max_new_tokens=96, batch_size=16),
)
