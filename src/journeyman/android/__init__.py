"""The commands of a GUI agent on a phone's screen, through an interface that any device can implement."""
