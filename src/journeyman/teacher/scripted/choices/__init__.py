"""The scripted teacher's roles for choices among APIs: places them, writes instructions, matches them."""
