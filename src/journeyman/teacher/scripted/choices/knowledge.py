"""What the teacher knows of the embedded catalogue: what each API is for, and which contents of a file it takes.

A *wish* is what people ask for in words. Within the wishes that a file must decide, contents are told
apart by short keys (``haze``, ``fr``, ``melody``); an API is right for a wish with a file when the file
shows one of the contents it takes. A wish of words alone has one content, named like the wish itself.
"""

from dataclasses import dataclass

from journeyman.schema.api import Ambiguity, Modality


@dataclass(frozen=True, slots=True)
class Wish:
    """What can be asked for, and where in the taxonomy that is."""

    key: str
    path: tuple[str, ...]
    modality: Modality
    differs_by: Ambiguity


@dataclass(frozen=True, slots=True)
class Known:
    """One API of the embedded catalogue."""

    name: str
    wish: str
    function_class: str
    boundary: str
    contents: tuple[str, ...]
    """What it takes, by key."""


CONDITIONS = (
    *("edges", "depth", "line_drawing", "scribble", "soft_edges", "normals", "segments"),
    "figure",
)
"""What guides the making of a picture; all but the figure are treatments of a scene."""
DAMAGES = ("haze", "rain", "blur", "grain", "pixelated", "dark")
"""What spoils a picture: treatments of a scene."""
LANGUAGES = ("en", "fr", "de", "es", "it", "pl", "pt", "nl", "ru", "tr")
FAULTS = ("hiss", "hum", "telephone", "clipped", "echo", "quiet")
"""What spoils a recording: damages of a sound."""

_WISHES = (
    Wish("guided", ("image", "generation from a guide"), "image", "condition"),
    Wish("restore", ("image", "restoration"), "image", "quality"),
    Wish("describe", ("image", "description"), "image", "domain"),
    Wish("label", ("image", "recognition"), "image", "labels"),
    Wish("spoken", ("audio", "speech recognition"), "audio", "language"),
    Wish("repair", ("audio", "repair"), "audio", "quality"),
    Wish("timeline", ("audio", "time lines"), "audio", "domain"),
    Wish("happens", ("video", "event logs"), "video", "labels"),
    Wish("steady", ("video", "restoration"), "video", "quality"),
    Wish("to french", ("text", "translation"), "text", ""),
    Wish("to german", ("text", "translation"), "text", ""),
    Wish("summary", ("text", "summaries"), "text", ""),
    Wish("sentiment", ("text", "classification"), "text", ""),
    Wish("entities", ("text", "extraction"), "text", ""),
    Wish("grammar", ("text", "correction"), "text", ""),
    Wish("answer", ("text", "question answering"), "text", ""),
    Wish("python", ("text", "programming", "functions"), "text", ""),
    Wish("sql", ("text", "programming", "databases"), "text", ""),
    Wish("read aloud", ("text", "synthesis of sound"), "text", ""),
    Wish("paint", ("text", "synthesis of pictures"), "text", ""),
)
WISH_BY_KEY = {wish.key: wish for wish in _WISHES}


def _guided(name: str, content: str, boundary: str) -> Known:
    return Known(name, "guided", f"picture guided by {boundary}", boundary, (content,))


def _spoken(name: str, content: str, language: str) -> Known:
    return Known(name, "spoken", f"{language.lower()} speech to text", f"{language} speech", (content,))


def _words(name: str, wish: str, function_class: str, boundary: str) -> Known:
    return Known(name, wish, function_class, boundary, (wish,))


_KNOWN = (
    _guided("atelier/cn-edge-v2", "edges", "thin edge maps"),
    _guided("northlight/edge-diffuse-xl", "edges", "thin edge maps"),
    _guided("atelier/cn-depth-v2", "depth", "depth maps"),
    _guided("atelier/cn-lineart-v2", "line_drawing", "clean line drawings"),
    _guided("atelier/cn-scribble-v2", "scribble", "rough scribbles"),
    _guided("tidepool/doodle-diffuse", "scribble", "rough scribbles"),
    _guided("atelier/cn-softedge-v2", "soft_edges", "soft edge maps"),
    _guided("atelier/cn-normal-v2", "normals", "surface normal maps"),
    _guided("atelier/cn-segment-v2", "segments", "segment maps"),
    _guided("atelier/cn-pose-v2", "figure", "stick figures"),
    Known("halyard/dehaze-net", "restore", "remove haze", "hazy pictures", ("haze",)),
    Known("halyard/derain-net", "restore", "remove rain", "pictures with rain streaks", ("rain",)),
    Known("halyard/deblur-l", "restore", "remove blur", "blurred pictures", ("blur",)),
    Known("quillworks/degrain-s", "restore", "remove grain", "noisy, grainy pictures", ("grain",)),
    Known("quillworks/upscale-x4", "restore", "raise resolution", "coarse, pixelated pictures", ("pixelated",)),
    Known("halyard/lowlight-plus", "restore", "brighten pictures", "pictures taken in the dark", ("dark",)),
    Known("meridian/all-in-one-ir", "restore", "restore any picture", "haze, rain, blur, noise, blocks, dark", DAMAGES),
    Known("lanternlab/snapcap-b", "describe", "describe photographs", "photographs", ("photograph",)),
    Known("lanternlab/chartcap-b", "describe", "describe charts", "bar charts", ("chart",)),
    Known("lanternlab/pagecap-b", "describe", "describe pages", "pages of printed text", ("page",)),
    Known("brassbell/fauna-400", "label", "name animals", "animals", ("animal",)),
    Known("brassbell/cuisine-250", "label", "name food and drink", "food and drink", ("food",)),
    Known("brassbell/transport-120", "label", "name vehicles", "vehicles, rockets included", ("vehicle",)),
    Known("brassbell/astro-60", "label", "name celestial objects", "the moon, stars, galaxies", ("sky",)),
    _spoken("quillworks/wav-asr-en", "en", "English"),
    _spoken("meridian/whisperlet-en", "en", "English"),
    _spoken("quillworks/wav-asr-fr", "fr", "French"),
    _spoken("quillworks/wav-asr-de", "de", "German"),
    _spoken("quillworks/wav-asr-es", "es", "Spanish"),
    _spoken("quillworks/wav-asr-it", "it", "Italian"),
    _spoken("quillworks/wav-asr-pl", "pl", "Polish"),
    Known("meridian/whisperlet-multi", "spoken", "speech of ten languages to text", "ten languages", LANGUAGES),
    Known("tidepool/dehiss-v1", "repair", "remove hiss", "recordings with hiss", ("hiss",)),
    Known("tidepool/dehum-v1", "repair", "remove hum", "recordings with mains hum", ("hum",)),
    Known("northlight/bandwiden-8k", "repair", "widen the band", "narrow telephone band", ("telephone",)),
    Known("tidepool/declip-v1", "repair", "remove clipping", "overdriven, clipped recordings", ("clipped",)),
    Known("meridian/wavemend-all", "repair", "repair any recording", "any fault, echo and low level too", FAULTS),
    Known("lanternlab/wordtimes", "timeline", "time line of words", "speech", ("speech",)),
    Known("lanternlab/notetimes", "timeline", "time line of notes", "melodies", ("melody",)),
    Known("lanternlab/drumtimes", "timeline", "time line of strokes", "drum beats", ("beat",)),
    Known("brassbell/cammove-9", "happens", "log camera moves", "a camera that pans or zooms", ("camera",)),
    Known("brassbell/objtrack-9", "happens", "log moving things", "things that move", ("mover",)),
    Known("brassbell/shotcut-9", "happens", "log shots", "hard cuts between shots", ("cuts",)),
    Known("halyard/unshake-vid", "steady", "steady videos", "shaky videos", ("shake",)),
    Known("halyard/deflicker-vid", "steady", "remove flicker", "flickering light", ("flicker",)),
    Known("quillworks/degrain-vid", "steady", "denoise videos", "noisy, grainy videos", ("grain",)),
    Known("halyard/lowlight-vid", "steady", "brighten videos", "videos taken in the dark", ("dark",)),
    _words("meridian/marianette-en-fr", "to french", "english to french", "English text"),
    _words("quillworks/nmt-en-fr-xl", "to french", "english to french", "English text"),
    _words("meridian/marianette-en-de", "to german", "english to german", "English text"),
    _words("lanternlab/brevity-l", "summary", "summarise text", "English prose"),
    _words("quillworks/pegasette", "summary", "summarise text", "English prose"),
    _words("brassbell/moodmeter-b", "sentiment", "tell the sentiment", "English reviews"),
    _words("brassbell/nertagger-b", "entities", "find names", "English text"),
    _words("quillworks/gramfix-t5", "grammar", "correct grammar", "English sentences"),
    _words("lanternlab/squadette-qa", "answer", "answer from a passage", "a passage and a question about it"),
    _words("northlight/pycoder-1b", "python", "write python", "one function from its description"),
    _words("northlight/nlsql-s", "sql", "write sql", "one query from tables and words"),
    _words("tidepool/voicebox-en", "read aloud", "english text to speech", "English text"),
    _words("atelier/dreamer-xl", "paint", "picture from words", "words alone, no guide"),
)
KNOWN_BY_NAME = {known.name: known for known in _KNOWN}
