"""What a store holds, asked in SQL that sums up there: no answer grows with the number of articles."""
