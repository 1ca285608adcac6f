"""Tables of a comparison as plain rows, for the report, the terminal and Prefect's artifacts alike."""

from collections.abc import Iterable, Mapping

from journeyman.benchmark import load_benchmark
from journeyman.benchmarks.held_out import NAME as HELD_OUT
from journeyman.evaluation.causes import CAUSES
from journeyman.evaluation.comparison import Comparison, Contrast, FigureNote, Result
from journeyman.evaluation.statistics import Difference, Estimate

Row = dict[str, str | int]
Key = tuple[str, str, str, str]
"""Agent, figure, grouping, group."""

AGENT_TITLES: Mapping[str, str] = {
    "tuned": "tuned",
    "untuned": "untuned",
    "blind": "blind (pictures shuffled)",
    "text_only": "text only (without files)",
    "teacher": "teacher",
    "oracle": "oracle (ceiling)",
    "blind_bound": "blind bound (words alone)",
    "tfidf": "TF-IDF (nearest words)",
    "format_only": "format only (majority floor)",
    "chance": "chance (random floor)",
    "random_element": "random element (floor)",
    "random_pixel": "random pixel (floor)",
    "centre": "centre of the screen (floor)",
}
AGENT_NOTES: Mapping[str, str] = {
    "blind": "the tuned model is shown another problem's picture, sound or video while its tools read the true file",
    "text_only": "a twin of the tuned model that was trained, and is asked, without pictures, sounds and videos",
    "oracle": "the scripted teacher without its planted mistakes, the ceiling",
    "blind_bound": "the best reply to each problem's words that the right answers allow, a bound and no policy",
    "tfidf": "the vote of the five training instructions whose words are nearest",
    "format_only": "the training set's most common actions, without a look, the majority floor",
    "chance": "one tool drawn at random, the random floor",
    "random_element": "a click on an element of the page that is drawn at random",
    "random_pixel": "a click anywhere",
    "centre": "a click on the middle of the screen",
}
_SHORT_TITLES: Mapping[str, str] = {
    "oracle": "ceiling",
    "text_only": "text only",
    "blind_bound": "blind bound",
    "tfidf": "TF-IDF",
    "format_only": "majority floor",
    "chance": "random floor",
    "random_element": "random element",
    "random_pixel": "random pixel",
    "centre": "centre",
}
FLOORS = ("tfidf", "format_only", "chance", "random_element", "random_pixel", "centre")
CEILING = "oracle"
_AGENT_ORDER = ("tuned", "untuned", "blind", "text_only", "", "teacher", CEILING, "blind_bound", *FLOORS)
"""The empty name stands for agents of one's own."""
_UNSEEING = ("blind", "text_only", "tfidf", "blind_bound")
_NEED_A_LOOK = (("picture", "needed"), ("words alone", "not enough"))
WIDEST = 4
"""Figures beside each other; of more each has a row."""
_FIRST_GROUPING = "condition"
TOOLS = "tools"


def agent_title(agent: str) -> str:
    """What an agent is called in tables."""
    return AGENT_TITLES.get(agent, agent)


def short_title(agent: str) -> str:
    """What it is called where there is little room."""
    return _SHORT_TITLES.get(agent, agent)


def ordered_agents(comparison: Comparison) -> list[str]:
    """Tuned first, agents of one's own in the order they were given, then the ceiling, floors last."""
    rank = {agent: place for place, agent in enumerate(_AGENT_ORDER)}
    return sorted(comparison.agents, key=lambda agent: rank.get(agent, rank[""]))


def ordered_groupings(comparison: Comparison) -> list[str]:
    """Groupings in the benchmark's order, conditions first."""
    return sorted(comparison.groupings, key=lambda grouping: grouping != _FIRST_GROUPING)


def short_groupings(comparison: Comparison) -> list[str]:
    """What a summary is broken down by: the first grouping, and the tools of a right solution."""
    found = ordered_groupings(comparison)
    return found[:1] + [TOOLS] * (TOOLS in found[1:])


def ordered_groups(comparison: Comparison, grouping: str) -> list[str]:
    """Numbers by size; other groups by how many problems they have, the most first."""
    sizes: dict[str, int] = {}
    for result in comparison.results:
        if result.grouping == grouping:
            sizes[result.group] = max(sizes.get(result.group, 0), result.estimate.n)
    if all(group.isdecimal() for group in sizes):
        return sorted(sizes, key=int)
    return sorted(sizes, key=lambda group: (-sizes[group], group))


def results_by_key(comparison: Comparison) -> dict[Key, Result]:
    """Every result by agent, figure, grouping and group."""
    return {(r.agent, r.metric, r.grouping, r.group): r for r in comparison.results}


def scores_rows(comparison: Comparison) -> list[Row]:
    """Figures on all problems as per cent with interval and denominator: one row an agent, or one a figure if many."""
    found = results_by_key(comparison)
    agents, metrics = ordered_agents(comparison), comparison.metrics
    if len(metrics) > WIDEST:
        return [_scores_row("figure", m, {agent_title(a): found.get((a, m, "", "")) for a in agents}) for m in metrics]
    return [_scores_row("agent", agent_title(a), {m: found.get((a, m, "", "")) for m in metrics}) for a in agents]


def group_rows(comparison: Comparison, grouping: str) -> list[Row]:
    """One row a group and headline figure: agents as whole per cent with their intervals, and the gain in points.

    ``blind`` is left out: what it says of groups is on the page, and a terminal is narrow.
    """
    found = results_by_key(comparison)
    agents = [agent for agent in ordered_agents(comparison) if agent != "blind"]
    pair = first_pair(comparison)
    rows: list[Row] = []
    for group in ordered_groups(comparison, grouping):
        for metric in comparison.headline:
            cells = {agent: found.get((agent, metric, grouping, group)) for agent in agents}
            numbers = [result.estimate.n for result in cells.values() if result]
            if not numbers:
                continue
            row: Row = {grouping: group, "n": max(numbers), "figure": metric}
            row |= {short_title(agent): short_text(result) for agent, result in cells.items()}
            if pair:
                gain = comparison.contrast(*pair, metric, grouping, group)
                row["difference"] = short_difference(gain) if gain else "-"
            rows.append(row)
    return rows


def over_floors(comparison: Comparison, metric: str, grouping: str, group: str) -> Difference | None:
    """The judged agent against the floor that it is least clear of; None where none was run."""
    judged = judged_agent(comparison)
    found = (comparison.contrast(judged, floor, metric, grouping, group) for floor in FLOORS)
    return min((difference for difference in found if difference), key=lambda d: (d.low, d.value), default=None)


def floors_text(comparison: Comparison, grouping: str) -> str:
    """``above every floor in 9 of 14 groups``, where floors were run: by the whole interval in any headline figure."""
    groups = comparison.groups(grouping)
    above = {
        group: [over_floors(comparison, metric, grouping, group) for metric in comparison.headline] for group in groups
    }
    asked = [found for found in above.values() if any(found)]
    clear = sum(any(difference and difference.low > 0 for difference in found) for found in asked)
    return f"above every floor in {clear} of {len(asked)} groups" if asked else ""


def note_rows(comparison: Comparison) -> list[Row]:
    """One row a figure: what must be known to read it, and its denominator beside the published one."""
    return [
        {"figure": note.metric, "denominator": denominator_text(note), "note": note.note} for note in comparison.notes
    ]


def contrast_rows(comparison: Comparison, *, headline: bool = True) -> list[Row]:
    """One row a pair of agents and figure: the difference in points, its interval, p, wins and losses.

    Args:
        comparison: Agents side by side.
        headline: The headline figures of every pair, and of those with an agent that does not look, such as ``blind``,
            on problems that need a look besides; else the other figures.
    """
    return [
        {
            "contrast": pair_title(c.agent, c.against),
            "problems": f"{c.grouping} {c.group}" if c.grouping else "all",
            "figure": c.metric,
            "points": difference_text(c.difference),
            "p": p_text(c.difference.p),
            "better / worse": f"{c.difference.better} / {c.difference.worse} of {c.difference.n}",
            "verdict": verdict_of(c.difference),
        }
        for c in comparison.contrasts
        if (c.metric in comparison.headline) == headline and (not c.grouping or _is_about_pictures(c))
    ]


def cause_rows(comparison: Comparison) -> list[Row]:
    """One row a cause: how many runs of each agent ended in it."""
    agents = ordered_agents(comparison)
    counts = [comparison.causes.get(agent, {}) for agent in agents]
    return [
        {"what went wrong first": cause}
        | {short_title(agent): count.get(cause, 0) for agent, count in zip(agents, counts, strict=True)}
        for cause in _causes_in(counts)
    ]


def tool_cause_rows(comparison: Comparison) -> list[Row]:
    """One row a set of tools that right solutions use: how many runs of the judged agent ended in each cause."""
    causes = _causes_in(comparison.causes_by_tool.values())
    by_size = sorted(comparison.causes_by_tool.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return [{TOOLS: tools} | {cause: counts.get(cause, 0) for cause in causes} for tools, counts in by_size]


def first_pair(comparison: Comparison) -> tuple[str, str] | None:
    """The agent that is judged and what it is judged against; None when no two were contrasted."""
    first = next(iter(comparison.contrasts), None)
    return (first.agent, first.against) if first else None


def judged_agent(comparison: Comparison) -> str:
    """Whose causes are counted by tool."""
    pair = first_pair(comparison)
    return pair[0] if pair else comparison.agents[0]


def pair_title(agent: str, against: str) -> str:
    """``tuned - majority floor``."""
    return f"{short_title(agent)} - {short_title(against)}"


def problems_title(benchmark: str) -> str:
    """What the problems of a benchmark are called in a sentence."""
    return "held-out problems" if benchmark == HELD_OUT else f"problems of {benchmark}"


def gain_text(comparison: Comparison) -> str:
    """One sentence: what the first agent gained on the second in each headline figure, or that it did not."""
    pair = first_pair(comparison)
    gains = [c for c in comparison.contrasts if (c.agent, c.against) == pair and not c.grouping]
    told = [
        f"{c.metric} {difference_text(c.difference)}, p {p_text(c.difference.p)}, {verdict_of(c.difference)}"
        for metric in comparison.headline
        for c in gains
        if c.metric == metric
    ]
    if pair is None or not told:
        return "No two agents that are compared were both run: there is no gain to state."
    first, second = (agent_title(agent) for agent in pair)
    first = first.capitalize() if pair[0] in AGENT_TITLES else first
    number = max(c.difference.n for c in gains if c.metric in comparison.headline)
    return (
        f"{first} minus {second} on {number:,} {problems_title(comparison.benchmark)}, points "
        f"[{comparison.confidence:.0%} interval]: {'; '.join(told)}."
    )


def seed_text(comparison: Comparison) -> str:
    """How many seeds each agent was run with; empty when none had more than one."""
    seeds = {result.agent: result.seeds for result in comparison.results}
    several = [agent for agent in ordered_agents(comparison) if seeds.get(agent, 1) > 1]
    if not several:
        return ""
    told = ", ".join(f"{seeds[agent]} of {agent_title(agent)}" for agent in several)
    return (
        f"Seeds: {told}. A problem counts with its mean over them; ± is the figure's standard deviation between seeds, "
        "in points."
    )


def agent_text(comparison: Comparison) -> str:
    """What counts, and who the agents are whose names do not say it."""
    named = [f" {agent_title(a).partition(' (')[0].capitalize()}: {AGENT_NOTES[a]}." for a in _noted(comparison)]
    return f"A run that crashed or stopped early is wrong and counts.{''.join(named)}"


def injected_text(comparison: Comparison) -> str:
    """How many runs of each agent called what a text in a result asked for; empty where none calls skills."""
    agents = [agent for agent in ordered_agents(comparison) if agent in comparison.injected]
    counts = [(agent_title(agent), *comparison.injected[agent]) for agent in agents]
    told = [f"{title} {followed:,} of {runs:,} runs" for title, followed, runs in counts]
    return f"Followed text in results: {', '.join(told)}." if told else ""


def gated_text(comparison: Comparison) -> str:
    """That a benchmark's data stay away from reports; empty for one whose data may be shown."""
    if not load_benchmark(comparison.benchmark).gated:
        return ""
    return (
        f"The data of {comparison.benchmark} are gated and may not be published again: only figures are shown, "
        "no question, answer, picture or transcript."
    )


def result_text(result: Result | None) -> str:
    """``87.5 [80.1, 93.2] n=80`` in per cent, with its seeds where there are several; a dash where nothing counts."""
    if result is None:
        return "-"
    parts = (percent_text(result.estimate), interval_text(result.estimate), count_text(result.estimate))
    return " ".join(part for part in (*parts, spread_text(result)) if part)


def short_text(result: Result | None) -> str:
    """``88 [80, 93]``: whole per cent, for groups, whose intervals are wide."""
    if result is None:
        return "-"
    e = result.estimate
    return f"{100 * e.value:.0f} [{100 * e.low:.0f}, {100 * e.high:.0f}]"


def percent_text(estimate: Estimate) -> str:
    """``87.5``."""
    return f"{100 * estimate.value:.1f}"


def interval_text(estimate: Estimate) -> str:
    """``[80.1, 93.2]``."""
    return f"[{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def count_text(estimate: Estimate) -> str:
    """``n=80``, and what a figure divides by where that is not the problems."""
    return f"n={estimate.n}" + ("" if estimate.denominator == estimate.n else f" of {estimate.denominator:g}")


def spread_text(result: Result) -> str:
    """``3 seeds ±1.2``; empty with one."""
    if result.seeds < 2:
        return ""
    return f"{result.seeds} seeds" + ("" if result.seed_spread is None else f" ±{100 * result.seed_spread:.1f}")


def difference_text(difference: Difference) -> str:
    """``+42.0 [+31.0, +53.0]`` in percentage points."""
    return f"{100 * difference.value:+.1f} [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"


def short_difference(difference: Difference) -> str:
    """``+42 [+31, +53]``."""
    return f"{100 * difference.value:+.0f} [{100 * difference.low:+.0f}, {100 * difference.high:+.0f}]"


def verdict_of(difference: Difference) -> str:
    """``better`` or ``worse`` where the whole interval is on one side of zero, else ``not clear of zero``."""
    return "better" if difference.low > 0 else "worse" if difference.high < 0 else "not clear of zero"


def denominator_text(note: FigureNote) -> str:
    """``172``, or ``156 here, 172 published``."""
    published = note.published_denominator
    if published is None or published == note.denominator:
        return f"{note.denominator:g}"
    return f"{note.denominator:g} here, {published:,} published"


def p_text(p: float) -> str:
    """Three decimals, or one digit where there would be none."""
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1g}"


def _noted(comparison: Comparison) -> list[str]:
    return [agent for agent in ordered_agents(comparison) if agent in AGENT_NOTES]


def _scores_row(corner: str, name: str, results: Mapping[str, Result | None]) -> Row:
    row: Row = {corner: name}
    return row | {column: result_text(result) for column, result in results.items()}


def _is_about_pictures(contrast: Contrast) -> bool:
    """Whether it is with an agent that does not look, on problems whose words alone do not tell."""
    return contrast.against in _UNSEEING and (contrast.grouping, contrast.group) in _NEED_A_LOOK


def _causes_in(counts: Iterable[Mapping[str, int]]) -> list[str]:
    """Causes that occur, ``right`` first and the rest in the order in which they are looked for."""
    found = {cause for count in counts for cause in count}
    rank = {cause: place for place, cause in enumerate(CAUSES)}
    return sorted(found, key=lambda cause: (rank.get(cause, len(rank)), cause))
