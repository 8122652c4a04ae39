# Lays out rows as `tenon run --rows` prints them, {"row":{"name":"apples","qty":3}}, in columns under the fields' names:
#   echo 'shop find fruit' | tenon run shop.json --rows | awk -f table.awk
# Numbers stand at the right. For objects of scalars; the line that counts the rows is left out.

# Cuts the next piece of JSON, a string without its quotes or anything up to a comma, off `rest`.
function take(    piece) {
  sub(/^[,:{ ]+/, "", rest)
  match(rest, /^"([^"\\]|\\.)*"|^[^,:}]+/)
  piece = substr(rest, 1, RLENGTH)
  rest = substr(rest, RLENGTH + 1)
  is_text = sub(/^"/, "", piece)
  sub(/"$/, "", piece)
  gsub(/\\"/, "\"", piece)
  return piece
}

function column_of(name) {
  if (!(name in column)) {
    column[name] = ++columns
    head[columns] = name
    width[columns] = length(name)
  }
  return column[name]
}

/^\{"row":\{/ {
  rest = substr($0, 9)
  rows++
  while (rest !~ /^}/) {
    i = column_of(take())
    cell[rows, i] = take()
    if (is_text) text[i] = 1
    if (length(cell[rows, i]) > width[i]) width[i] = length(cell[rows, i])
  }
  next
}
!/^\{"ok":true/ { print }

function line(row,    i, out) {
  for (i = 1; i <= columns; i++)
    out = out sprintf((text[i] ? "%-" : "%") width[i] "s  ", row ? cell[row, i] : head[i])
  sub(/ +$/, "", out)
  print out
}

END {
  for (row = 0; row <= rows && columns; row++) line(row)
}
