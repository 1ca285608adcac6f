"""Find when somebody speaks with silero's voice activity model, which is in the faster-whisper wheel."""

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._audio import read_audio, speech_spans
from journeyman.tools._packages import missing_packages

PAUSE_SECONDS = 0.5
"""Shorter silences stand inside a sentence."""
PAD_SECONDS = 0.06


class DetectSpeechArguments(Arguments):
    """What to listen to."""

    audio: str = file_argument("sound to listen to")


def run(arguments: DetectSpeechArguments, files: ToolFiles) -> ToolResult:
    """``[start, end]`` in seconds of every stretch of speech, in order; empty when nobody speaks."""
    samples, rate = read_audio(files, arguments.audio)
    spans = speech_spans(samples, pause=PAUSE_SECONDS, pad=PAD_SECONDS)
    return ToolResult(value=[[round(start / rate, 2), round(end / rate, 2)] for start, end in spans])


def warm_up() -> object:
    """Load the model."""
    from faster_whisper.vad import get_vad_model

    return get_vad_model()


TOOL = Tool(
    name="detect_speech",
    version=1,
    summary="Finds the stretches of speech in a sound (silero VAD v6 of faster-whisper's wheel, onnxruntime).",
    description="Find when somebody speaks.",
    arguments=DetectSpeechArguments,
    returns="list of [start, end] in seconds",
    result=list[tuple[float, float]],
    example={"audio": "file_1.wav"},
    run=run,
    media_in=("audio/*",),
    licence="MIT",
    heavy=True,
    warm_up=warm_up,
    missing=missing_packages("faster_whisper", "onnxruntime", "soundfile", "scipy"),
)
