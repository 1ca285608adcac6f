import pytest

from journeyman.catalogue.task_media import task_media


@pytest.mark.parametrize(
    ("task", "taken", "given"),
    [
        ("automatic-speech-recognition", ("audio",), ("text",)),
        ("image-text-to-text", ("text", "image"), ("text",)),
        ("text-to-speech", ("text",), ("audio",)),
        ("Text-to-Video", ("text",), ("video",)),
        ("image-to-image", ("image",), ("image",)),
        ("video_classification", ("video",), ("text",)),
        ("Computer Vision Image Classification", ("image",), ("text",)),
        ("Natural Language Processing Text2Text", None, None),
        ("to", None, None),
        ("robotics", None, None),
        ("", None, None),
    ],
    ids=str,
)
def test_media_follow_from_the_name_of_a_task_where_it_tells_them(task, taken, given):
    media = task_media(task)
    assert (media and media.taken, media and media.given) == (taken, given)
