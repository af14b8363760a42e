"""Tests and benchmarks: a package, or else the one that tf-keras-vis installs under the same name is found."""
