"""Drawn clip as H.264 in mp4, without sound; its size and frames are read back with libav."""

import io

from journeyman.errors import ConfigError
from journeyman.file_reader import UserFileError
from journeyman.file_writer import FileWriter
from journeyman.file_writers._clip import Clip
from journeyman.file_writers._frames import draw_frames

# one thread and no B frames: equal clips give equal bytes, and every frame has its own time
_H264 = {"preset": "veryfast", "crf": "16", "x264-params": "threads=1:bframes=0:scenecut=40:deterministic=1"}
_MPEG4 = {"qmin": "2", "qmax": "3", "flags": "+bitexact"}


def _write(clip: Clip, mark: str) -> bytes:
    try:
        import av
    except ImportError as exc:
        raise ConfigError("package 'av' is not installed, which mp4 files need; install journeyman[tools]") from exc
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        if mark:
            container.metadata["comment"] = mark
        name, options = ("libx264", _H264) if "libx264" in av.codecs_available else ("mpeg4", _MPEG4)
        stream = container.add_stream(name, rate=clip.rate, options=options)
        stream.width, stream.height = clip.scene.width, clip.scene.height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(draw_frames(clip)):
            frame = av.VideoFrame.from_image(picture)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _reopen(data: bytes) -> str:
    import av

    try:
        with av.open(io.BytesIO(data)) as container:
            stream = container.streams.video[0]
            count = sum(1 for _ in container.decode(stream))
            return f"{stream.width}x{stream.height} {count} frames"
    except (av.FFmpegError, IndexError) as exc:
        raise UserFileError(f"written mp4 file does not open: {exc}; report it") from exc


def _facts(clip: Clip) -> tuple[str, ...]:
    return (f"{clip.scene.width}x{clip.scene.height} {clip.frames} frames",)


WRITER = FileWriter("mp4", "video/mp4", "mp4", Clip, _write, _reopen, _facts)
