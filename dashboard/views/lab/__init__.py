"""The lab: controls, results, the map, the grid and the lesson."""
