package dev.ratelimit.replay;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvCallbackHandler;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import de.siegmar.fastcsv.reader.RecordType;
import dev.ratelimit.replay.RowBuilder.Column;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Reads CSV whose first row names the columns. */
final class CsvTrace extends CsvCallbackHandler<RowBuilder> {

    /** The most characters of the row that names the columns. */
    private static final int LONGEST_HEADER = 1 << 20;

    private final RowBuilder row;
    private int headerLength;
    private final List<String> header = new ArrayList<>();
    private Column[] columns = {};

    private long line;
    private int fields;
    private RecordType type = RecordType.DATA;

    private CsvTrace(RowBuilder row) {
        this.row = row;
    }

    static void read(InputStream in, RowBuilder row) throws IOException {
        CsvTrace trace = new CsvTrace(row);
        LastByte end = new LastByte(in);
        try (CloseableIterator<RowBuilder> rows = CsvReader.builder()
                .detectBomHeader(true)
                .allowUnclosedQuote(false)
                .maxBufferSize(RowBuilder.LONGEST_VALUE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .build(trace, end)
                .iterator()) {
            if (!rows.hasNext()) {
                throw new BadInputException(row.file() + ": must begin with a row that names the columns");
            }
            rows.next();
            trace.bindHeader();
            while (rows.hasNext()) {
                rows.next();
                trace.endRow();
            }
            if (!end.mayEndALine()) {
                row.doubt("the last row has no line end, so it may be cut short");
            }
        } catch (CsvParseException e) {
            // Broken quoting: where the next row begins is anybody's guess, so it cannot be skipped.
            if (e.getCause() instanceof BadInputException bad) {
                throw bad;
            }
            Throwable cause = e.getCause() == null ? e : e.getCause(); // the first tells where only
            throw new BadInputException(row.file() + ":" + trace.line + ": " + cause.getMessage());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void bindHeader() {
        for (String name : row.columns().keySet()) {
            int first = header.indexOf(name);
            if (first < 0) {
                throw new BadInputException(
                        row.file() + ":" + line + ": no column \"" + name + "\", only " + String.join(", ", header));
            }
            if (first != header.lastIndexOf(name)) {
                throw new BadInputException(row.file() + ":" + line + ": several columns \"" + name + '"');
            }
        }
        columns = header.stream()
                .map(name -> row.columns().getOrDefault(name, new Column(name)))
                .toArray(Column[]::new);
    }

    private void endRow() {
        if (fields != columns.length) {
            row.reject("row", "must have as many fields as the header: " + fields + " instead of " + columns.length);
        }
        row.end();
    }

    @Override
    protected void beginRecord(long startingLineNumber) {
        line = startingLineNumber;
        fields = 0;
        type = RecordType.DATA;
        row.begin(line);
    }

    @Override
    protected void addField(char[] chars, int from, int length, boolean quoted) {
        if (fields < columns.length) {
            row.value(columns[fields], chars, from, length);
        } else if (columns.length == 0) {
            headerLength += length + 1;
            if (headerLength > LONGEST_HEADER) {
                throw new BadInputException(row.file() + ":" + line
                        + ": the row that names the columns must be of at most " + LONGEST_HEADER + " characters");
            }
            header.add(new String(chars, from, length));
        }
        fields++;
    }

    @Override
    protected void setEmpty() {
        type = RecordType.EMPTY;
    }

    @Override
    protected void setComment(char[] chars, int from, int length) {
        throw new AssertionError("comments are not asked for");
    }

    @Override
    protected RecordType getRecordType() {
        return type;
    }

    @Override
    protected int getFieldCount() {
        return fields;
    }

    @Override
    protected RowBuilder buildRecord() {
        return row;
    }
}
