# Turns what packages.awk wrote into a graph, as lines for `tenon run`:
#   awk -f needs.awk extended_states packages.ops
# Packages are nodes, and what they need are edges; what a package needs and is not installed under that name is left
# out. "you" want the packages that apt did not install for the sake of others. extended_states is where apt keeps
# that; of an empty file, you want those that no other package needs.

BEGIN {
  print "[\"needs\",\"create_constraint\",{\"kind\":\"unique\",\"label\":\"Package\",\"prop\":\"name\"}]"
  print "[\"needs\",\"create_node\",{\"labels\":\"User\",\"props\":{\"name\":\"you\"}}]"
}

FILENAME != ARGV[2] && /^Package:/ { package = $2 }
FILENAME != ARGV[2] && /^Auto-Installed: 1/ { fetched[package] = 1; apt = 1 }
FILENAME != ARGV[2] { next }

match($0, /"key":"[^"]*"/) {
  names[++count] = name = substr($0, RSTART + 7, RLENGTH - 8)
  here[name] = 1
  match($0, /"installed_kb":[0-9]+/)
  kb[name] = substr($0, RSTART + 15, RLENGTH - 15)
  match($0, /"depends":\[[^]]*\]/)
  needs[name] = substr($0, RSTART + 11, RLENGTH - 12)
  gsub(/"/, "", needs[name])
}

function needed_by(name,    parts, i, n) {
  n = split(needs[name], parts, ",")
  for (i = 1; i <= n; i++) {
    if (!(parts[i] in here) || (name, parts[i]) in seen) continue
    seen[name, parts[i]] = 1
    needed[parts[i]] = 1
    printf "[\"needs\",\"load_edges\",{\"from\":\"%s\",\"to\":\"%s\",\"type\":\"NEEDS\",\"key\":\"name\"}]\n", name, parts[i]
  }
}

END {
  for (i = 1; i <= count; i++)
    printf "[\"needs\",\"load_nodes\",{\"labels\":\"Package\",\"props\":{\"name\":\"%s\",\"kb\":%d}}]\n", names[i], kb[names[i]]
  for (i = 1; i <= count; i++) needed_by(names[i])
  for (i = 1; i <= count; i++)
    if (apt ? !(names[i] in fetched) : !(names[i] in needed))
      printf "[\"needs\",\"create_edge\",[1,[\"Package\",\"name\",\"%s\"],\"WANTS\"]]\n", names[i]
}
