#!/bin/sh
# A guided tour of Tenon on this machine's own package database. Every command that is shown is the command that runs.
#
#   examples/tour/tour.sh [FOLDER]     FOLDER (default build/tour) is emptied first
#
# TENON=program   the program to use, default build/tenon
# STATUS=file     the packages to load, default /var/lib/dpkg/status, else the sample beside this script
# EXTENDED=file   which of them apt installed for others, default /var/lib/apt/extended_states of the default packages
#
# Ends with 0 only when every comparison held.
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-build/tour}
program=${TENON:-build/tenon}
source=${STATUS:-/var/lib/dpkg/status}
[ -r "$source" ] || source=$here/sample-status
extended=${EXTENDED:-/var/lib/apt/extended_states}
[ -n "${EXTENDED:-}" ] || [ "$source" = /var/lib/dpkg/status ] || extended=/dev/null
[ -r "$extended" ] || extended=/dev/null
[ -x "$program" ] || { echo "tour: no program at $program; run make first" >&2; exit 2; }
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")

rm -rf "$folder" && mkdir -p "$folder/bin" || exit 2
folder=$(cd "$folder" && pwd)
ln -s "$program" "$folder/bin/tenon"
cp "$here/tour.json" "$here/"*.awk "$folder"
cp "$source" "$folder/status"
cp "$extended" "$folder/extended_states"
PATH=$folder/bin:$PATH
cd "$folder" || exit 2

steps=0 held=0 loader=
trap '[ -z "$loader" ] || kill -9 "$loader" 2>/dev/null' EXIT

# ---- how things are shown ---------------------------------------------------------------------

step() {
  steps=$((steps + 1))
  printf '\n\n%d. %s\n' "$steps" "$1"
}

say() {
  echo
  printf '   %s\n' "$@"
}

# At most $1 lines; a line gets two rows of 104 columns.
shortened() {
  awk -v most="$1" '
    NR > most { next }
    { row = substr($0, 1, 104); rest = substr($0, 105); print "   | " row }
    rest == "" { next }
    length(rest) > 100 { rest = substr(rest, 1, 96); sub(/[\200-\377]+$/, "", rest); rest = rest " ..." }
    { print "   |     " rest }
    END { if (NR > most && most > 0) print "   | ... and " NR - most " more lines" }'
}

give_up() {
  printf '\n   NOT AS PROMISED: %s\n' "$1"
  exit 1
}

# typed CODE LINES 'COMMAND': shows a command, runs it, shows LINES of what came. It has to end with exit code CODE.
typed() {
  printf '\n   $ %s\n' "$3"
  eval "$3" >shown 2>&1
  code=$?
  shortened "$2" <shown
  [ "$code" -eq 0 ] || printf '   (exit code %d)\n' "$code"
  [ "$code" -eq "$1" ] || give_up "the command ended with $code, not with $1"
}

# same 'ONE and OTHER' ONE OTHER: a comparison that has to hold.
same() {
  [ "$2" = "$3" ] || give_up "$1 differ: $2, $3"
  held=$((held + 1))
  printf '\n   [compared] %s: the same, %s\n' "$1" "$2"
}

# at_least 'ONE and OTHER' ONE OTHER: ONE must not be less.
at_least() {
  [ "$2" -ge "$3" ] || give_up "$1: $2 is less than $3"
  held=$((held + 1))
  printf '\n   [compared] %s: %s, not less than %s\n' "$1" "$2" "$3"
}

digest_of() { tenon info "$1" --json | sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/'; }
start_of() { tenon info "$1" --json | sed 's/.*"snapshot_seq":\([0-9]*\).*/\1/'; }
lines_of() { awk 'END { print NR + 0 }' "$1"; }
answers_of() { grep -c '^{"ok":true,"result":.*}$' "$1"; }

# ---- the tour ---------------------------------------------------------------------------------

echo 'Tenon: a tour. Lines with $ are what is typed, lines with | what came.'
printf 'It works in %s and starts afresh each time.\n' "$folder"

step 'Compose an engine'
say 'A config names the parts: a storage that keeps records, and models that give data a meaning.' \
  'This one has two key-value stores, one of documents and a graph over one journal in files.'
typed 0 20 'cat tour.json'
say 'What this is composed of, and what can be asked of it:'
typed 0 24 'tenon info tour.json'

step 'Load real data'
say "The packages of $source become operations, one a line."
typed 0 1 'awk -f packages.awk status >packages.ops; head -n 1 packages.ops'
say 'Each command is answered by a line, when it is durable. (For put: the version of the entry.)'
typed 0 0 'tenon run tour.json packages.ops >answers'
typed 0 3 'cat answers'
packages=$(lines_of packages.ops)
same 'the numbers of commands and of good answers' "$packages" "$(answers_of answers)"

step 'Ask'
say 'An operation can also be typed as words: MODEL OP ARGUMENT...' \
  '(Each call of tenon here opens the data anew and closes it at the end.)'
typed 0 3 "echo 'packages count' | tenon run tour.json"
same 'the numbers of packages in the store and of commands' "$(sed 's/.*"result":\([0-9]*\).*/\1/' shown)" "$packages"
typed 0 3 "echo 'packages get bash' | tenon run tour.json"
scan='["packages","scan",{"prefix":"libc","limit":3,"keys_only":true}]'
typed 0 6 "echo '$scan' | tenon run tour.json --rows"
say 'What goes wrong says so: a status for programs, a text for people, and where.'
typed 1 3 "echo 'packages get no-such-package' | tenon run tour.json"
typed 1 3 "echo 'packages gte bash' | tenon run tour.json"

step 'Ask for more than a key'
say 'The same packages as documents: objects with an _id, in collections, asked in MongoDB'"'"'s dialect. Two indexes,' \
  'one of them on each item of an array.'
as_documents='s/^\["packages","put",{"key":\("[^"]*"\),"value":{/["archive","insert",{"collection":"packages","docs":{"_id":\1,/'
sed "$as_documents" packages.ops >documents.ops
cat >indexes.ops <<'END'
["archive","create_index",{"collection":"packages","fields":{"section":1,"installed_kb":-1}}]
["archive","create_index",{"collection":"packages","fields":{"depends":1}}]
END
typed 0 1 'head -n 1 documents.ops'
typed 0 2 'cat indexes.ops'
typed 0 3 'cat documents.ops indexes.ops | tenon run tour.json | tail -n 3'
say 'Who needs zlib1g? explain tells how the answer is found: by the index, reading only the packages it names.'
needing='"collection":"packages","filter":{"depends":"zlib1g"}'
typed 0 3 "echo '[\"archive\",\"explain\",{$needing}]' | tenon run tour.json"
typed 0 1 "echo '[\"archive\",\"count\",{$needing}]' | tenon run tour.json"
by_index=$(cat shown)
typed 0 1 "echo '[\"archive\",\"count\",{$needing,\"hint\":\"scan\"}]' | tenon run tour.json"
same 'the answers by an index and of looking at every package' "$by_index" "$(cat shown)"
say 'A pipeline takes documents through stages: what fills this machine, by section.' \
  '(table.awk lays out rows in columns.)'
cat >sections.json <<'END'
[{"$group": {"_id": "$section", "packages": {"$sum": 1}, "kb": {"$sum": "$installed_kb"},
             "largest": {"$top": {"sortBy": {"installed_kb": -1}, "output": "$_id"}},
             "needs": {"$avg": {"$size": "$depends"}}}},
 {"$sort": {"kb": -1}},
 {"$replaceWith": {"section": "$_id", "packages": "$packages",
                   "MiB": {"$round": [{"$divide": ["$kb", 1024]}, 1]},
                   "largest": "$largest", "needs on average": {"$round": ["$needs", 1]}}}]
END
cat >needed.json <<'END'
[{"$unwind": "$depends"}, {"$sortByCount": "$depends"}, {"$limit": 8},
 {"$lookup": {"from": "packages", "localField": "_id", "foreignField": "_id", "as": "package"}},
 {"$unwind": "$package"},
 {"$replaceWith": {"package": "$_id", "needed by": "$count", "KiB": "$package.installed_kb",
                   "what it is": {"$substrCP": ["$package.summary", 0, 50]}}}]
END
typed 0 9 'cat sections.json'
say 'As a line for tenon run, in a file of its own each:'
typed 0 1 "for f in sections needed; do tr -d '\\n' <\$f.json | sed 's/.*/[\"archive\",\"aggregate\",[\"packages\",&]]/' >\$f.ops; done"
typed 0 12 'tenon run tour.json sections.ops --rows | awk -f table.awk'
grouped=$(tenon run tour.json sections.ops --rows | sed -n 's/.*"packages":\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n }')
same 'the numbers of packages in all sections and of packages' "$grouped" "$packages"
say 'And what most others need; what that is, is looked up in the same collection.'
typed 0 9 'cat needed.json'
typed 0 10 'tenon run tour.json needed.ops --rows | awk -f table.awk'

step 'Ask how things hang together'
say 'The same packages as a graph: packages are nodes, what they need are edges, and you want those that apt did not' \
  'install for the sake of others. (needs.awk writes the lines.)'
typed 0 3 'awk -f needs.awk extended_states packages.ops >needs.ops; head -n 3 needs.ops'
typed 0 0 'tenon run tour.json needs.ops >answers'
same 'the numbers of commands and of good answers' "$(lines_of needs.ops)" "$(answers_of answers)"
typed 0 2 "echo 'needs stats' | tenon run tour.json"
same 'the numbers of packages in the graph and in the store' "$(sed 's/.*"Package":\([0-9]*\).*/\1/' shown)" "$packages"
say 'Nodes have ids. To read answers with names, these:'
typed 0 2 "echo 'needs find' | tenon run tour.json --rows | sed -n '"'s/.*"id":\([0-9]*\),.*"name":"\([^"]*\)".*/\1 \2/p'"' >names; head -n 2 names"
say 'What do most packages need? And what does everything rest on? (The latter is PageRank: a package matters when' \
  'packages that matter need it. short.awk writes names.)'
needed='["needs","degree_centrality",{"direction":"in","types":"NEEDS","counts":true,"limit":5}]'
typed 0 5 "echo '$needed' | tenon run tour.json --rows | awk -f short.awk names -"
most=$(sed -n '1s/.* //p' shown)
ranked='["needs","pagerank",{"types":"NEEDS","limit":5}]'
typed 0 5 "echo '$ranked' | tenon run tour.json --rows | awk -f short.awk names -"
say "Who needs $most? So many directly, as the documents say too; so many in the end."
node="[\"Package\",\"name\",\"$most\"]"
typed 0 1 "echo '[\"needs\",\"degree\",[$node,\"in\",\"NEEDS\"]]' | tenon run tour.json"
same "the numbers of edges to $most and of documents with it" "$(cat shown)" \
  "$(echo "[\"archive\",\"count\",[\"packages\",{\"depends\":\"$most\"}]]" | tenon run tour.json)"
typed 0 1 "echo '[\"needs\",\"reach\",[$node,\"in\",\"NEEDS\"]]' | tenon run tour.json | awk -F, '{ print NF - 1 }'"
same 'the numbers of those who need it in the end, walked by tenon and by awk' "$(cat shown)" "$(awk -v most="$most" '
  /"NEEDS"/ { split($0, q, "\""); from[++n] = q[8]; to[n] = q[12] }
  END {
    reached[most] = 1
    for (more = 1; more;) {
      more = 0
      for (i = 1; i <= n; i++) if ((to[i] in reached) && !(from[i] in reached)) more = reached[from[i]] = 1
    }
    for (name in reached) count++
    print count - 1
  }' needs.ops)"
say 'Why is a package here? The shortest way to it from you: of all packages, to the one that is the farthest away.'
typed 0 1 "echo 'needs bfs 1' | tenon run tour.json --rows | sed -n '"'s/.*"id":\([0-9]*\),"value":\([0-9]\{1,9\}\)}}/\1 \2/p'"' | sort -k 2nr -k 1n | head -n 1"
far=$(sed 's/ .*//' shown) away=$(sed 's/.* //' shown)
typed 0 2 "echo 'needs shortest_path 1 $far' | tenon run tour.json"
same 'the edges of the shortest path and what bfs said' "$(sed 's/.*"length":\([0-9]*\).*/\1/' shown)" "$away"
typed 0 3 "echo 'needs shortest_path 1 $far' | tenon run tour.json | awk -f short.awk names -"
say 'Which cycles are there? Groups of packages in which each needs each in the end, the largest first:'
groups='["needs","scc",{"types":"NEEDS","groups":true,"limit":5}]'
typed 0 5 "echo '$groups' | tenon run tour.json --rows | grep -v '\"size\":1,' | awk -f short.awk names -"
if [ -s shown ]; then
  typed 0 2 "echo 'needs find_cycle null NEEDS' | tenon run tour.json | awk -f short.awk names -"
  say 'So there is no order in which each package comes after all that it needs, and tenon says why:'
  typed 1 2 "echo 'needs topological_sort in NEEDS' | tenon run tour.json"
else
  say 'There are none, so packages have an order in which each comes after all that it needs:'
  typed 0 3 "echo 'needs topological_sort in NEEDS 3' | tenon run tour.json --rows | awk -f short.awk names -"
fi
say 'A part of it as a picture, for Graphviz; tenon export tour.json needs --dot draws all of it.'
drawn='["needs","dot",{"from":["Package","name","bash"],"depth":2,"types":"NEEDS"}]'
as_text='s/^{"ok":true,"result":"//; s/"}$//; s/\\n/\n/g; s/\\"/"/g'
typed 0 12 "echo '$drawn' | tenon run tour.json | sed '$as_text' >bash.dot; cat bash.dot"
if command -v dot >/dev/null; then typed 0 1 'dot -Tsvg bash.dot >bash.svg; ls bash.svg'; fi

step 'Do several things at once, or none of them'
say 'A batch is one record. An operation in it may use what an earlier one answered: here, what bash depends on,' \
  'looked up by reference, and a note about it in the other store.'
cat >batch.ops <<'END'
{"batch":[["packages","get",["bash"]],["packages","mget",[{"$result":[0,"depends"]}]],["meta","put",["bash version",{"$result":[0,"version"]}]],["meta","incr",["batches"]]]}
END
typed 0 3 'cat batch.ops'
typed 0 3 'tenon run tour.json batch.ops'
typed 0 2 "echo 'meta get \"bash version\"' | tenon run tour.json"
say 'A batch that fails leaves no trace. The digest, a number made of the whole state, proves it.'
cat >failing.ops <<'END'
{"batch":[["meta","incr",["batches"]],["packages","delete",["no-such-package"]]]}
END
before=$(digest_of tour.json)
typed 0 2 'cat failing.ops'
typed 1 2 'tenon run tour.json failing.ops'
same 'the digests before and after the failed batch' "$before" "$(digest_of tour.json)"

step 'Kill it'
say 'A loader writes a million entries. While it is at it, it gets SIGKILL: no warning, no chance to clean up.'
awk 'BEGIN { for (i = 1; i <= 1000000; i++) printf "[\"meta\",\"put\",[[\"load\",%d],%d]]\n", i, i }' >load.ops
printf '\n   $ tenon run tour.json load.ops >loaded &\n'
tenon run tour.json load.ops >loaded &
loader=$!
waited=0
while [ "$(lines_of loaded)" -lt 1000 ]; do
  kill -0 "$loader" 2>/dev/null || give_up 'the loader ended by itself'
  [ "$waited" -lt 300 ] || give_up 'no answer of the loader within 30 seconds'
  waited=$((waited + 1))
  sleep 0.1
done
printf '   $ kill -9 %s\n' "$loader"
kill -9 "$loader" || give_up 'the loader had ended before it was killed'
{ wait "$loader"; } 2>/dev/null
loader=
answered=$(answers_of loaded)
say "Up to that instant it had answered $answered commands."

step 'Open again: everything that was answered is there'
typed 0 2 "echo '[\"meta\",\"count\",{\"prefix\":[\"load\"]}]' | tenon run tour.json"
stored=$(sed 's/.*"result":\([0-9]*\).*/\1/' shown)
at_least 'entries stored, and commands answered' "$stored" "$answered"
say 'Some more may be there: those were durable, but their answers were still on the way.'
typed 0 3 "echo '[\"meta\",\"scan\",{\"prefix\":[\"load\"]}]' | tenon run tour.json --rows >rows; head -n 2 rows"
unbroken=$(sed -n 's/^{"row":{"key":\["load",\([0-9]*\)\],"value":\([0-9]*\)}}$/\1 \2/p' rows |
  awk '$1 == NR && $2 == NR { n++ } END { print n + 0 }')
same 'the numbers of entries, and of those counted 1, 2, 3, ... that have the right value' "$stored" "$unbroken"

step 'Compare with a store that was never killed'
say 'The same commands go into a second engine, which is left alone. Both must hold exactly the same.'
mkdir again && cp tour.json again/tour.json
typed 0 1 "{ cat packages.ops documents.ops indexes.ops needs.ops batch.ops; head -n $stored load.ops; } | tenon run again/tour.json | tail -n 1"
same 'the digests of the killed store and of the other' "$(digest_of tour.json)" "$(digest_of again/tour.json)"

step 'Check everything, and read the history'
say 'check reads every byte, replays the journal from the start, and compares the digest at each record.'
typed 0 5 'tenon check tour.json'
say 'The journal tells what was done, when, and what the state was afterwards.'
newest=$(tenon info tour.json --json | sed 's/.*"stats":{"seq":\([0-9]*\).*/\1/')
typed 0 2 "tenon log tour.json --from $((newest - 1))"
same 'the newest seq of the state and of the log' "$newest" "$(sed -n '$s/.*"seq":\([0-9]*\).*/\1/p' shown)"

step 'Take a snapshot and start from it'
say 'A snapshot spares the next open the replay of what came before it.'
before=$(digest_of tour.json)
typed 0 2 'tenon snapshot tour.json'
typed 0 2 "echo 'packages get bash' | tenon run tour.json"
typed 0 12 "tenon info tour.json | grep -E '^  (seq|time|digest|journal)'"
same 'the newest seq and that of the snapshot which an open starts from' "$newest" "$(start_of tour.json)"
same 'the digests before the snapshot and after starting from it' "$before" "$(digest_of tour.json)"
typed 0 5 'tenon check tour.json'

step 'Swap the format'
say 'Another config keeps the same models as lines of JSON. One command brings the data there.'
sed -e 's/tour-data/tour-json/' -e 's/"durability"/"format": {"journal": "json", "snapshot": "json"},\n  "durability"/' \
  tour.json >json.json
typed 0 20 'cat json.json'
typed 0 3 'tenon copy tour.json json.json'
same 'the digests of the data and of its copy' "$(digest_of tour.json)" "$(digest_of json.json)"
say 'The history came along. Both can be asked as of any record, here when half of the packages had been loaded:'
half=$((packages / 2))
typed 0 1 "echo 'packages count' | tenon run --at $half tour.json"
then=$(cat shown)
typed 0 1 "echo 'packages count' | tenon run --at $half json.json"
same 'the answers of the data and of its copy, as of then' "$then" "$(cat shown)"
if command -v jq >/dev/null; then
  say 'Now other programs can read it: jq counts the entries of each map in the snapshot.' \
    "(What the storage itself wrote, checksums, is on lines of its own; grep leaves it out.)"
  typed 0 4 "grep -a '^\[[0-9]' tour-json/snapshot-*.snap | jq -c '.[0]' | sort | uniq -c"
  same 'the numbers of entries in the snapshot, for jq and for tenon' \
    "$(grep -a '^\[[0-9]' tour-json/snapshot-*.snap | jq -s 'length')" \
    "$(tenon info json.json --json | jq '[.stats.entries[][]] | add')"
else
  say 'Now other programs can read it. (jq would be shown here, but is not installed.)'
fi

step 'Swap the storage'
say 'The same config with one line changed keeps everything in an LMDB file. The same command brings the data there, and back.'
mkdir lmdb back
sed 's/"file"/"lmdb"/' tour.json >lmdb/tour.json
cp tour.json back
typed 1 4 'diff tour.json lmdb/tour.json'
if tenon info lmdb/tour.json 2>&1 | grep -q 'no storage plugin'; then
  say 'This tenon was built without liblmdb, so it ends here. (Install liblmdb-dev and build again.)'
else
  typed 0 3 'tenon copy tour.json lmdb/tour.json'
  same 'the digests of the data in files and in LMDB' "$(digest_of tour.json)" "$(digest_of lmdb/tour.json)"
  typed 0 3 'ls -s --block-size=K lmdb/tour-data'
  typed 0 3 "echo 'packages get bash' | tenon run lmdb/tour.json"
  typed 0 5 'tenon check lmdb/tour.json'
  typed 0 3 'tenon copy lmdb/tour.json back/tour.json'
  same 'the digests of the data and of what came back from LMDB' "$(digest_of tour.json)" "$(digest_of back/tour.json)"
fi

rm -f load.ops loaded rows shown
say "That was all: $held comparisons, all of them held. What the tour made is in" "$folder" \
  'Next: `tenon help run`, `tenon info tour.json`, README.md.'
