"""Statistics of a room: counters, histograms, time series and summaries."""
