"""The kinds of query of LLaVA-Plus' skill classes, over composed pictures whose truth is known.

Each class of its training data has a kind or two: reading, tagging, captioning, grounding, cutting out,
visual prompts, maps, compositions of skills in one turn or one after the other, making pictures. Every
sixth query needs no skill; without such data a model calls one always.
"""

from journeyman.generator import Generator, Kind
from journeyman.generators._plain import PLAIN

_LOOK = "Ask, without naming what kind of thing it shows, for the information that the attached picture gives."
_SHARP = ("png",)
"""Where outlines and colours are measured; JPEG smears both."""
_PICTURES = ("png", "jpg")
_SCENE = "a picture with two to five coloured shapes on a plain light ground, no two of one colour"
_OF_SCENE = "scene"
"""Kinds about things of which no two have one colour; each can be asked about the others' pictures."""
_NEW_NAME = "and to be told the name of the new picture's file"

GENERATOR = Generator(
    name="llava_plus",
    kinds=(
        Kind(
            name="sign",
            wording="look",
            brief=_LOOK,
            file_brief="a picture of a sign with one short line of printed text",
            writers=_SHARP,
            tools=("read_lines",),
            gold_rule="only_text",
            needs_picture=True,
            weight=3,
        ),
        Kind(
            name="people",
            wording="look",
            brief=_LOOK,
            file_brief="a picture with one to three people's faces, apart; the information is how many",
            writers=_SHARP,
            tools=("ground_objects",),
            gold_rule="number_of_faces",
            needs_picture=True,
            weight=3,
        ),
        Kind(
            name="tags",
            wording="look",
            brief=_LOOK,
            file_brief="a picture with one to four coloured shapes, all of one colour and shape; the information is "
            "what they are, such as red circle",
            writers=_SHARP,
            tools=("tag_scene",),
            gold_rule="only_kind",
            needs_picture=True,
            weight=3,
        ),
        Kind(
            name="where",
            wording="where",
            brief="Ask in which third of the attached picture one named coloured shape is: left, middle or right, or "
            "else top, middle or bottom.",
            file_brief=f"{_SCENE}. label: the shape as the query names it, such as red circle. column: across or down",
            writers=_SHARP,
            tools=("ground_objects",),
            gold_rule="place_of_thing",
            picture=_OF_SCENE,
            weight=3,
        ),
        Kind(
            name="count",
            wording="how-many",
            brief="Ask how many of one named coloured shape the attached picture shows.",
            file_brief="a picture with two to five shapes of one colour and form and up to three others. label: the "
            "counted one, such as blue square",
            writers=_SHARP,
            tools=("ground_objects",),
            gold_rule="count_of_thing",
            weight=3,
        ),
        Kind(
            name="present",
            wording="is-there",
            brief="Ask whether one named coloured shape is in the attached picture; it may be absent.",
            file_brief=f"{_SCENE}. label: the shape that is asked about, in the picture in half of the cases",
            writers=_SHARP,
            tools=("ground_objects",),
            gold_rule="thing_is_there",
            picture=_OF_SCENE,
            weight=2,
        ),
        Kind(
            name="larger_thing",
            wording="larger-thing",
            brief="Ask which of two named coloured shapes covers more of the attached picture.",
            file_brief=f"{_SCENE}, two of them clearly different in area. label, column: these two",
            writers=_SHARP,
            tools=("segment_objects",),
            gold_rule="larger_thing",
            picture=_OF_SCENE,
            weight=2,
        ),
        Kind(
            name="covered",
            wording="covered",
            brief="Ask how many percent of the attached picture the thing covers that is at a point [x, y], or in a "
            "box [left, top, right, bottom], stated as shares of width and height with two or three places.",
            file_brief=f"{_SCENE}, one in the middle of that point or filling that box. label: the point or box as "
            "the query states it",
            writers=_SHARP,
            tools=("segment_at",),
            gold_rule="share_of_spot",
            picture=_OF_SCENE,
            weight=2,
        ),
        Kind(
            name="most_room",
            wording="most-room",
            brief="Ask which kind of thing takes up most room in the attached picture, all things of a kind together.",
            file_brief="a picture with several coloured shapes, some of them alike; one kind has clearly the most area",
            writers=_SHARP,
            tools=("segment_map",),
            gold_rule="kind_with_most_room",
            weight=2,
        ),
        Kind(
            name="outermost",
            wording="outermost",
            brief="Ask what of all that the attached picture shows is nearest to its left, right, top or bottom edge.",
            file_brief=f"{_SCENE}. column: that edge",
            writers=_SHARP,
            tools=("caption_and_ground",),
            gold_rule="outermost_thing",
            picture=_OF_SCENE,
            weight=2,
        ),
        Kind(
            name="at_point",
            wording="at-point",
            brief="Ask which thing is at a point [x, y] of the attached picture, stated as shares of width and height "
            "with two places.",
            file_brief=f"{_SCENE}, one with its middle at that point. label: the point as the query states it",
            writers=_SHARP,
            tools=("tag_and_ground",),
            gold_rule="thing_at_spot",
            picture=_OF_SCENE,
            weight=2,
        ),
        Kind(
            name="describe",
            wording="describe",
            brief="Ask to describe the attached picture in a few words.",
            file_brief="a picture with one coloured shape, or two alike side by side, in one of nine places",
            writers=_SHARP,
            tools=("caption_image",),
            gold_rule="description",
            weight=2,
        ),
        Kind(
            name="sign_and_place",
            wording="sign-and-place",
            brief="Ask what the sign in the attached picture says, and whether one named coloured shape is in its "
            "left, middle or right third.",
            file_brief="a picture with one short line of printed text and two coloured shapes. label: the shape that "
            "is asked about. column: across",
            writers=_SHARP,
            tools=("read_lines", "ground_objects"),
            gold_rule="text_and_place",
            weight=2,
        ),
        Kind(
            name="two_signs",
            wording="two-signs",
            brief="Ask what the two signs on the two attached pictures say, the first one first.",
            file_brief="two pictures, each of a sign with one short line of printed text",
            writers=_PICTURES,
            num_files=2,
            tools=("read_lines", "read_lines"),
            gold_rule="texts_in_order",
            weight=1,
        ),
        Kind(
            name="three_prices",
            wording="three-prices",
            brief="Ask which is the highest of the prices on the three attached pictures.",
            file_brief="three pictures, each of one price tag: one line with a price such as 12.50",
            writers=_PICTURES,
            num_files=3,
            tools=("read_lines", "read_lines", "read_lines"),
            gold_rule="highest_price",
            weight=1,
        ),
        Kind(
            name="draw",
            wording="draw",
            brief=f"Ask for a new picture of one to three coloured shapes or a quoted word, {_NEW_NAME}.",
            terms="label: what is to be drawn, as the query words it",
            num_files=0,
            tools=("draw_picture",),
            gold_rule="drawn_picture",
            weight=2,
        ),
        Kind(
            name="post",
            wording="post",
            brief="Ask for a new picture of one to three coloured shapes or a quoted word, for a plain or cheerful "
            f"social-media post with it about a stated topic, {_NEW_NAME}.",
            terms="label: what is to be drawn, as the query words it",
            num_files=0,
            tools=("draw_picture", "write_post"),
            gold_rule="drawn_picture",
            weight=1,
        ),
        Kind(
            name="erase",
            wording="erase",
            brief=f"Ask to take one named coloured shape out of the attached picture, {_NEW_NAME}.",
            file_brief=f"{_SCENE}. label: the shape to take out",
            writers=_SHARP,
            tools=("segment_objects", "inpaint"),
            gold_rule="picture_without",
            weight=1,
        ),
        Kind(
            name="left_after",
            wording="left-after",
            brief="Ask what remains in the attached picture when one named coloured shape is taken out of it.",
            file_brief="a picture with one coloured shape and one to three others, these alike. label: the one that "
            "is taken out",
            writers=_SHARP,
            tools=("segment_objects", "inpaint", "tag_scene"),
            gold_rule="left_without",
            weight=1,
        ),
        Kind(
            name="repaint",
            wording="repaint",
            brief="Ask to paint one named coloured shape of the attached picture in another colour with all else "
            f"where it is, {_NEW_NAME}.",
            file_brief="a picture with two or three coloured shapes on white, no two of one colour. label: the shape. "
            "column: its new colour, which nothing else has",
            writers=_SHARP,
            tools=("segment_map", "draw_from_map"),
            gold_rule="repainted_picture",
            weight=1,
        ),
        Kind(
            name="ground",
            wording="ground",
            brief="Ask which colour the ground of the attached picture has.",
            file_brief="a picture with a ground of one basic colour and some small shapes of other colours",
            writers=_PICTURES,
            tools=(),
            gold_rule="colour_of_ground",
            weight=4,
        ),
        Kind(
            name="told",
            wording="told",
            brief="Say that a whole number of 2 to 30, in digits, of some shape was drawn on the attached picture and "
            "then another number of them, and ask how many these are together.",
            file_brief="any picture with some coloured shapes",
            writers=_PICTURES,
            tools=(),
            gold_rule="sum_of_numbers",
            weight=2,
        ),
        Kind(
            name="boxes",
            wording="boxes",
            brief="Ask for the boxes of all things of one named coloured shape in the attached picture, each as [left, "
            "top, right, bottom] in shares of width and height.",
            file_brief="a picture with one to three shapes of one colour and form and one to three others. label: the "
            "shape whose boxes are asked for, such as red circle",
            writers=_SHARP,
            tools=("ground_objects",),
            gold_rule="boxes_of_thing",
            weight=2,
        ),
        Kind(
            name="list_things",
            wording="list-things",
            brief="Ask for the name of every kind of thing in the attached picture, with commas between them.",
            file_brief="a picture with two to four kinds of coloured shapes, some more than once, and nothing else",
            writers=_SHARP,
            tools=("tag_scene",),
            gold_rule="kinds_of_things",
            weight=2,
        ),
        Kind(
            name="sentence",
            wording="sentence",
            brief="Ask for one whole sentence on the attached picture: how many things of which colour and shape, "
            "where, and the ground's colour.",
            file_brief="a picture with one coloured shape, or two alike side by side, in one of nine places, on a "
            "ground of a basic colour",
            writers=_SHARP,
            tools=("caption_image",),
            gold_rule="description",
            weight=2,
        ),
        Kind(
            name="lines",
            wording="lines",
            brief="Ask for all that is printed on the attached picture, line by line from top to bottom.",
            file_brief="a picture with one to three lines of printed text, one below the other",
            writers=_SHARP,
            tools=("read_lines",),
            gold_rule="lines_in_order",
            weight=2,
        ),
        *PLAIN,
        Kind(
            name="knowledge",
            wording="knowledge",
            brief="Ask for a year, a maker, a place or a person's name that is known of what the attached photograph "
            "shows and cannot be seen on it.",
            file_brief="one photograph of the writer's list. column: what is asked: year, maker, place or person",
            writers=_PICTURES,
            tools=("retrieve_knowledge",),
            gold_rule="fact_of_photograph",
            weight=0,
        ),
    ),
)
