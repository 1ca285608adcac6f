"""Places where metrics are kept, one file each; see journeyman.tracker."""
