"""What picture tools share: opening and writing, boxes, colours, regions, lettering."""
