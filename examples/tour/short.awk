# Writes answers about the graph of packages in short, with names for ids. Those are lines "ID NAME" of the first file:
#   echo 'needs find_cycle' | tenon run tour.json | awk -f short.awk names -
# A path, a cycle or a group becomes the names of its nodes; a row {id, value} the value and the name. Other lines are
# left out.

NR == FNR { name[$1] = $2; next }
match($0, /"(nodes|ids)":\[[0-9,]*\]/) {
  between = substr($0, RSTART + 1, 1) == "n" ? " -> " : ", "
  list = substr($0, RSTART, RLENGTH)
  gsub(/[^0-9,]/, "", list)
  count = split(list, ids, ",")
  for (i = 1; i <= count; i++) printf "%s%s", name[ids[i]], i < count ? between : ""
  match($0, /"size":[0-9]+/)
  print (substr($0, RSTART + 7, RLENGTH - 7) + 0 > count ? ", ..." : "")
}
match($0, /"id":[0-9]+,"value":/) {
  id = substr($0, RSTART + 5) + 0
  value = substr($0, RSTART + RLENGTH)
  sub(/[,}].*/, "", value)
  print value, name[id]
}
