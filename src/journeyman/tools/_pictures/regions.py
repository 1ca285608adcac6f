"""Part a picture by colour without a trained model: into regions, or into what a box holds and the rest."""

from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LONG_SIDE = 320
"""Larger pictures are parted at this size: time grows with the area."""
SCALE = 20.0
"""Of the graph-based first cut; larger gives larger first pieces."""
SMALLEST = 24
"""Pixels of a first piece."""
SAME_COLOUR = 14.0
"""CIELAB distance up to which neighbours are one region; 2.3 is a just noticeable difference."""
BOX_LONG_SIDE = 480
GRAB_CUT_ROUNDS = 5
SEED = 0


def reduced(picture: Image.Image, long_side: int) -> Image.Image:
    """``picture`` with its long side at most ``long_side`` pixels."""
    scale = min(1.0, long_side / max(picture.size))
    if scale == 1.0:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BOX)


def colour_regions(picture: Image.Image) -> "Array":
    """A label for every pixel, (height, width), 0 upwards.

    First pieces are cut along edges (Felzenszwalb's graph), then neighbours are merged, the most alike
    pair first, until none are nearer than ``SAME_COLOUR`` in mean CIELAB colour.
    """
    import numpy as np
    from scipy import ndimage
    from skimage.measure import label
    from skimage.segmentation import felzenszwalb

    from journeyman.tools._pictures.colour_words import lab_of

    pixels = np.asarray(picture)
    # A median keeps edges and drops the grain that would become regions of its own.
    calm = np.stack([ndimage.median_filter(pixels[:, :, band], size=3) for band in range(3)], axis=2)
    lab = lab_of(calm.reshape(-1, 3)).reshape(pixels.shape)
    superpixels = felzenszwalb(lab / 100.0, scale=SCALE, sigma=0.0, min_size=SMALLEST)
    return np.asarray(label(_merged(superpixels, lab), connectivity=1, background=-1) - 1)


def _merged(superpixels: "Array", lab: "Array") -> "Array":
    import heapq

    import numpy as np

    flat = superpixels.ravel()
    count = int(flat.max()) + 1
    area = np.bincount(flat, minlength=count).astype(np.float64)
    total = np.stack([np.bincount(flat, weights=lab[:, :, band].ravel(), minlength=count) for band in range(3)], axis=1)
    near: list[set[int]] = [set() for _ in range(count)]
    across, down = (superpixels[:, :-1], superpixels[:, 1:]), (superpixels[:-1], superpixels[1:])
    for one, two in (across, down):
        border = one != two
        for a, b in np.unique(np.stack((one[border], two[border]), axis=1), axis=0).tolist():
            near[a].add(b)
            near[b].add(a)

    def distance(a: int, b: int) -> float:
        return float(np.linalg.norm(total[a] / area[a] - total[b] / area[b]))

    parent = list(range(count))
    age = [0] * count
    queue = [(distance(a, b), a, b, 0, 0) for a in range(count) for b in near[a] if a < b]
    heapq.heapify(queue)
    while queue:
        apart, a, b, age_a, age_b = heapq.heappop(queue)
        if apart > SAME_COLOUR:
            break
        if (age[a], age[b]) != (age_a, age_b):
            continue  # one of them has grown or gone since
        parent[b] = a
        area[a] += area[b]
        total[a] += total[b]
        age[a] += 1
        age[b] = -1
        for other in near[b] - {a}:
            near[other].discard(b)
            near[other].add(a)
        near[a] = (near[a] | near[b]) - {a, b}
        for other in near[a]:
            low, high = min(a, other), max(a, other)
            heapq.heappush(queue, (distance(low, high), low, high, age[low], age[high]))
    roots = np.array([_root(parent, n) for n in range(count)])
    return roots[superpixels]


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        node = parent[node]
    return node


def foreground(picture: Image.Image, box: tuple[int, int, int, int]) -> "Array":
    """What ``box`` holds, True where it is, (height, width): GrabCut, from colours in and around the box."""
    import cv2
    import numpy as np

    left, top, right, bottom = box
    # All outside the box is background for sure; inside is open.
    mask = np.full((picture.height, picture.width), cv2.GC_BGD, dtype=np.uint8)
    mask[top:bottom, left:right] = cv2.GC_PR_FGD
    cv2.setRNGSeed(SEED)  # its colour clusters start at random
    bgr = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])
    outside, inside = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(bgr, mask, (0, 0, 0, 0), outside, inside, GRAB_CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD))
