# Bugs found over time, a curve for each configuration: from the medians that bench.awk wrote (bugs) to an
# SVG (picture). A bug counts where half of its runs have found it.
set terminal svg size 720,500 font "sans,12" background "white"
set output picture
set datafile separator "\t"
set datafile missing NaN # what belongs to another curve
set logscale x
set xlabel "processor time until half of the runs have found it, seconds"
set ylabel "planted bugs found"
set xrange [0.02:*]
set yrange [0:*]
set grid
set key below vertical maxrows 5
titles = "'whole harness' 'without state coverage' 'without operation mutator' 'without both' 'without both, sanitizers only'"
colors = "#0b5394 #38761d #e69138 #990000 #666666"
plot for [i = 1:5] bugs skip 1 \
    using (strcol(4) eq substr("abcde", i, i) && strcol(7) eq "found" ? column(8) : NaN):(1.0) \
    smooth cumulative with steps linewidth 2 linecolor rgb word(colors, i) \
    title sprintf("(%s) %s", substr("abcde", i, i), word(titles, i))
