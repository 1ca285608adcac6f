"""ScreenSpot (SeeClick, arXiv:2401.10935): where on a screenshot of a phone, a desktop or a page to click."""

from journeyman.benchmarks._screenspot import Edition, benchmark_of
from journeyman.metrics.screenspot import GROUP_SIZES

EDITION = Edition(
    name="screenspot",
    title="ScreenSpot",
    table="screenspot_{}.json",
    pictures=("screenspot_imgs/", "images/", ""),
    sizes=GROUP_SIZES,
    licence="Apache-2.0 (njucckevin/SeeClick)",
    where="github.com/njucckevin/SeeClick",
)

BENCHMARK = benchmark_of(
    EDITION,
    version=1,
    summary="ScreenSpot (arXiv:2401.10935): a click on the element that an instruction means; data of SeeClick",
)
