"""The lab: controls, results, the map and the grid."""
