# Turns dpkg's status file into one `put` for each installed package, as lines for `tenon run`:
#   awk -f packages.awk /var/lib/dpkg/status
# A package that is installed for a second architecture gets "name:architecture" as its key.

BEGIN {
  RS = "\n"
  for (i = 1; i < 32; i++) code[sprintf("%c", i)] = sprintf("\\u%04x", i)
}

function quoted(s,    out, c, i) {
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c == "\"" || c == "\\") out = out "\\" c
    else if (c in code) out = out code[c]
    else out = out c
  }
  return "\"" out "\""
}

# "libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0" -> "libc6","debconf": of alternatives the first.
function names(s,    parts, count, out, name, i) {
  count = split(s, parts, ",")
  for (i = 1; i <= count; i++) {
    name = parts[i]
    sub(/\|.*/, "", name)
    sub(/\(.*/, "", name)
    gsub(/[ \t]/, "", name)
    sub(/:.*/, "", name)
    if (name != "") out = out (out == "" ? "" : ",") quoted(name)
  }
  return out
}

function both(a, b) { return a != "" && b != "" ? a ", " b : a b }

function finish(    key) {
  if (field["Package"] != "" && field["Status"] ~ / installed$/) {
    key = field["Package"]
    if (key in seen) key = key ":" field["Architecture"]
    seen[key] = 1
    printf "[\"packages\",\"put\",{\"key\":%s,\"value\":{\"version\":%s,\"section\":%s,\"architecture\":%s,",
      quoted(key), quoted(field["Version"]), quoted(field["Section"]), quoted(field["Architecture"])
    printf "\"installed_kb\":%d,\"depends\":[%s],\"summary\":%s}}]\n",
      field["Installed-Size"], names(both(field["Pre-Depends"], field["Depends"])), quoted(field["Description"])
  }
  split("", field)
  name = ""
}

/^[ \t]/ { if (name == "Depends" || name == "Pre-Depends") field[name] = field[name] $0; next }
/^[ \t]*$/ { finish(); next }
{
  colon = index($0, ":")
  name = substr($0, 1, colon - 1)
  value = substr($0, colon + 1)
  sub(/^[ \t]+/, "", value)
  field[name] = value
}
END { finish() }
