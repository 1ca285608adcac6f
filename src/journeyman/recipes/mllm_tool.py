"""MLLM-Tool (arXiv:2401.10727): from an instruction with a picture, a sound or a video to the APIs that fit.

Training is the paper's but for the language model, which is one that a CPU bears; the deployment
``mllm-tool`` lays settings over it that end in minutes. Deviations, and why, are in docs/papers.md: a
target is the whole set of right APIs as strict JSON, and a file has several soft tokens.
"""

from journeyman.dataset.config import DatasetConfig
from journeyman.evaluation.config import EvaluationConfig
from journeyman.generation.config import GenerationConfig
from journeyman.recipe import Recipe
from journeyman.training.config import LoraConfig, TrainingConfig

RECIPE = Recipe(
    name="mllm_tool",
    task="choose apis",
    generation=GenerationConfig(held_out_tools=()),
    dataset=DatasetConfig(near_duplicate=0.95),
    training=TrainingConfig(
        model_family="bridge",
        base_model="small",
        lora=LoraConfig(rank=32, alpha=32, dropout=0.1, also_train=("merger",)),
        epochs=5,
        learning_rate=5e-4,
        schedule="linear",
        warmup_share=0.1,
        warmup_steps=10,
        weight_decay=1e-3,
        beta2=0.95,
    ),
    evaluation=EvaluationConfig(
        agents=("untuned", "tuned", "blind", "text_only", "tfidf", "blind_bound", "chance"),
        max_new_tokens=96,
        batch_size=64,
    ),
)
