"""What a run is called in the UI: recipe, size, and six digits of everything the recipe says."""

from prefect.runtime import flow_run

from journeyman.errors import ConfigError
from journeyman.recipe import load_recipe
from journeyman.schema.record import fingerprint


def run_name() -> str:
    """``t3_agent-1000q-3f9c1b``; equal recipes give equal names."""
    given = flow_run.get_parameters()
    name = str(given.get("recipe", ""))
    try:
        recipe = load_recipe(name, given.get("overrides") or {})
    except ConfigError:
        return f"{name}-refused"  # the run's first task raises the same error, where people look for it
    sizes = {
        "use tools": f"{recipe.generation.queries}q",
        "choose apis": f"{recipe.choices.instructions}i",
        "act on screens": f"{recipe.screens.pages}p",
    }
    return f"{name}-{sizes[recipe.task]}-{fingerprint(recipe)[:6]}"
