"""The kinds of problem that T3-Agent's two halves pose: GTA-like over pictures, GAIA-like over documents.

A kind says what the teacher is asked to write, which tools a right solution uses, and how the gold
answer follows from the files (gold.py) or from the words alone (word_rules.py). A task family is a
kind's wording group and a style; splits keep families whole.
"""

from pydantic import BaseModel, ConfigDict

STYLES = (
    "plain question",
    "polite request",
    "short order",
    "note to a colleague",
    "curious visitor",
    "tired clerk",
    "child",
    "formal letter",
    "phone message",
    "teacher to pupil",
    "shop assistant",
    "traveller",
)


class Kind(BaseModel):
    """One kind of problem."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    wording: str
    """Kinds with equal ``wording`` must be asked alike, so that only the picture tells them apart."""
    brief: str
    """What the teacher is told to write."""
    file_brief: str = ""
    """What the file must hold."""
    terms: str = ""
    """What the teacher says beside the words of a query without files; empty when the words say all."""
    writers: tuple[str, ...] = ()
    """File types it comes in; the same for all kinds of one wording, or the file's name would tell them apart."""
    num_files: int = 1
    """0 for a query that is words alone."""
    tools: tuple[str, ...]
    """What a right solution calls, one name a call, in order; empty when it calls no tool."""
    gold_rule: str
    """Name of the rule in gold.py or word_rules.py that computes the answer."""
    needs_picture: bool = False
    weight: int = 2
    """Share of this kind among training queries, relative to the other kinds; 0 keeps it for held-out problems."""


_LOOK = "Ask, without naming what kind of thing it shows, for the information that the attached picture gives."

KINDS: tuple[Kind, ...] = (
    Kind(
        name="barcode",
        wording="look",
        brief=_LOOK,
        file_brief="a picture with one barcode or QR code on a plain ground",
        writers=("png", "jpg"),
        tools=("read_barcode",),
        gold_rule="barcode_payload",
        needs_picture=True,
        weight=3,
    ),
    Kind(
        name="sign",
        wording="look",
        brief=_LOOK,
        file_brief="a picture of a sign with one short line of printed text",
        writers=("png", "jpg"),
        tools=("ocr",),
        gold_rule="only_text",
        needs_picture=True,
        weight=3,
    ),
    Kind(
        name="faces",
        wording="look",
        brief=_LOOK,
        file_brief="a picture with one to three people's faces; the information is how many",
        writers=("png", "jpg"),
        tools=("detect_faces",),
        gold_rule="number_of_faces",
        needs_picture=True,
        weight=3,
    ),
    Kind(
        name="colours",
        wording="look",
        brief=_LOOK,
        file_brief="a picture of coloured shapes on a coloured ground; the information is the colour that covers most",
        writers=("png", "jpg"),
        tools=("measure_colour",),
        gold_rule="main_colour",
        needs_picture=True,
        weight=3,
    ),
    Kind(
        name="subject",
        wording="look",
        brief=_LOOK,
        file_brief="a photograph of one thing or animal; the information is what it is",
        writers=("png", "jpg"),
        tools=("tag_image",),
        gold_rule="subject",
        needs_picture=True,
        weight=2,
    ),
    Kind(
        name="part",
        wording="part",
        brief="Ask what is written in the upper half or in the lower half of the attached picture.",
        file_brief="a picture with one line of text in its upper half and another in its lower half",
        writers=("png",),
        tools=("crop_image", "ocr"),
        gold_rule="text_in_half",
        weight=2,
    ),
    Kind(
        name="price",
        wording="price",
        brief="Ask what a stated number of pieces (2 to 9) of the thing on the attached price tag cost together.",
        file_brief="a picture of a price tag: one line with a price such as 12.50",
        writers=("png",),
        tools=("ocr", "calculate"),
        gold_rule="price_times",
        weight=2,
    ),
    Kind(
        name="total",
        wording="total",
        brief="Ask for the total of one named column of the attached table.",
        file_brief="a table of five to ten rows with a label column and two or three number columns",
        writers=("csv", "xlsx"),
        tools=("inspect_file",),
        gold_rule="column_sum",
        weight=2,
    ),
    Kind(
        name="top",
        wording="top",
        brief="Ask which row of the attached table has the highest value in one named column.",
        file_brief="a table of five to ten rows with a label column and two or three number columns",
        writers=("xlsx", "csv"),
        tools=("inspect_file",),
        gold_rule="row_with_highest",
        weight=2,
    ),
    Kind(
        name="fact",
        wording="fact",
        brief="Ask for the reference, contact or deadline that the attached document states.",
        file_brief="a document whose paragraphs state a reference, a contact and a deadline, each as `Name: value`",
        writers=("pdf", "docx", "pptx"),
        tools=("inspect_file",),
        gold_rule="stated_field",
        weight=2,
    ),
    Kind(
        name="search",
        wording="search",
        brief="Ask which place one named project has, to be found among the two attached documents.",
        file_brief="two documents, each stating for several projects `Project NAME is in PLACE.`",
        writers=("docx", "pdf"),
        num_files=2,
        tools=("search_corpus",),
        gold_rule="place_of_project",
        weight=2,
    ),
    Kind(
        name="price_part",
        wording="price-part",
        brief="Ask what a stated number of pieces (2 to 9) cost at the upper, or at the lower, of the two prices.",
        file_brief="a picture of two price tags, one in its upper and one in its lower half: prices such as 12.50",
        writers=("png",),
        tools=("crop_image", "ocr", "calculate"),
        gold_rule="price_in_half_times",
        weight=1,
    ),
    Kind(
        name="price_pair",
        wording="price-pair",
        brief="Ask what the two things on the two attached pictures cost together.",
        file_brief="two pictures, each of one price tag: one line with a price such as 12.50",
        writers=("png",),
        num_files=2,
        tools=("ocr", "ocr", "calculate"),
        gold_rule="prices_together",
        weight=1,
    ),
    Kind(
        name="nth_word",
        wording="word",
        brief=(
            "State a list of five to seven words between double quotes, and ask for one of them by its place in the "
            "list, with an ordinal such as third."
        ),
        num_files=0,
        tools=(),
        gold_rule="word_at_ordinal",
        weight=1,
    ),
    Kind(
        name="larger",
        wording="larger",
        brief="State two different numbers in digits, and ask which one is larger.",
        num_files=0,
        tools=(),
        gold_rule="larger_number",
        weight=1,
    ),
    Kind(
        name="sum",
        wording="sum",
        brief="State two whole numbers from 2 to 30 in digits, and ask what they add up to.",
        num_files=0,
        tools=(),
        gold_rule="sum_of_numbers",
        weight=1,
    ),
    Kind(
        name="capital",
        wording="capital",
        brief="Ask for the capital of one country, which the query names in English.",
        terms="label: the country's name as the query writes it",
        num_files=0,
        tools=("look_up_facts",),
        gold_rule="capital_of_country",
        weight=0,
    ),
    Kind(
        name="symbol",
        wording="symbol",
        brief="Ask for the chemical symbol of one element, which the query names in English.",
        terms="label: the element's name as the query writes it",
        num_files=0,
        tools=("look_up_facts",),
        gold_rule="symbol_of_element",
        weight=0,
    ),
    Kind(
        name="atomic_number",
        wording="atomic-number",
        brief="Ask for the atomic number of one element, which the query names in English.",
        terms="label: the element's name as the query writes it",
        num_files=0,
        tools=("look_up_facts",),
        gold_rule="number_of_element",
        weight=0,
    ),
    Kind(
        name="airport_code",
        wording="airport-code",
        brief="Ask for the IATA code of one airport, which the query calls by its full English name.",
        terms="label: the airport's name as the query writes it",
        num_files=0,
        tools=("look_up_facts",),
        gold_rule="code_of_airport",
        weight=0,
    ),
)

KIND_BY_NAME = {kind.name: kind for kind in KINDS}
