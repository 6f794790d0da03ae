from clearprop.table.split import split_rows, Split
