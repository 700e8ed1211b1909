package dev.ratelimit.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What a trace says, read by the letter of RFC 4180, RFC 8259 and RFC 1952, without the libraries that the replay reads
 * with: the calls, and how many of them a limit of tokens for ever admits.
 *
 * @param calls how many calls the trace has
 * @param admitted how many of them are admitted
 */
record TraceOracle(long calls, long admitted) {

    /** The columns: when in milliseconds, who, what, and of how many tokens. */
    static final List<String> COLUMNS = List.of("at", "org", "path", "tokens");

    /** The tokens that each endpoint of each organization may use. */
    static final long LIMIT = 100;

    /** How far a call may lie behind an earlier one. */
    static final int DISORDER_DAYS = 12_000;

    private static final int LONGEST_NAME = 1_024;
    private static final BigInteger MOST_TOKENS = BigInteger.ONE.shiftLeft(53);
    private static final BigInteger MOST_DISORDER =
            BigInteger.valueOf(Duration.ofDays(DISORDER_DAYS).toNanos());
    private static final BigInteger MOST_NANOS = BigInteger.valueOf(Long.MAX_VALUE);

    private record Call(BigInteger nanos, String organization, String endpoint, long tokens) {}

    /** What makes a trace none. */
    private static final class Invalid extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Reads a file; empty if a part of it is not what the formats allow. */
    static Optional<TraceOracle> of(String name, byte[] file) {
        try {
            byte[] bytes = name.endsWith(".gz") ? gunzip(file) : file;
            return Optional.of(decide(name.contains(".csv") ? csv(bytes) : jsonLines(bytes)));
        } catch (Invalid e) {
            return Optional.empty();
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new Invalid();
        }
    }

    private static TraceOracle decide(List<Call> calls) {
        BigInteger newest = BigInteger.ZERO;
        for (Call call : calls) {
            newest = newest.max(call.nanos);
            require(newest.subtract(call.nanos).compareTo(MOST_DISORDER) <= 0);
        }
        List<Call> inOrder = new ArrayList<>(calls);
        inOrder.sort(Comparator.comparing(Call::nanos));
        Map<List<String>, Long> used = new HashMap<>();
        long admitted = 0;
        for (Call call : inOrder) {
            long after = used.getOrDefault(List.of(call.organization, call.endpoint), 0L) + call.tokens;
            if (after <= LIMIT) {
                admitted++;
                used.put(List.of(call.organization, call.endpoint), after);
            }
        }
        return new TraceOracle(calls.size(), admitted);
    }

    private static Call call(List<String> values) {
        String organization = values.get(1);
        String endpoint = values.get(2);
        for (String name : List.of(organization, endpoint)) {
            require(name.indexOf('\uFFFD') < 0 && name.length() <= LONGEST_NAME);
        }
        require(values.get(0).matches("[0-9]{1,19}(\\.[0-9]+)?"));
        BigInteger nanos = new BigDecimal(values.get(0))
                .movePointRight(6)
                .setScale(0, RoundingMode.FLOOR)
                .toBigInteger();
        require(nanos.compareTo(MOST_NANOS) <= 0);
        require(values.get(3).matches("[0-9]+"));
        BigInteger tokens = new BigInteger(values.get(3));
        require(tokens.compareTo(MOST_TOKENS) <= 0);
        return new Call(nanos, organization, endpoint, tokens.longValueExact());
    }

    // ---- CSV

    private static List<Call> csv(byte[] bytes) {
        List<List<String>> records = records(new String(bytes, UTF_8));
        require(!records.isEmpty());
        List<String> header = records.get(0);
        for (String column : COLUMNS) {
            require(header.contains(column) && header.indexOf(column) == header.lastIndexOf(column));
        }
        List<Call> calls = new ArrayList<>();
        for (List<String> record : records.subList(1, records.size())) {
            require(record.size() == header.size());
            calls.add(call(COLUMNS.stream()
                    .map(column -> record.get(header.indexOf(column)))
                    .toList()));
        }
        return calls;
    }

    private static List<List<String>> records(String text) {
        List<List<String>> records = new ArrayList<>();
        int i = text.startsWith("\uFEFF") ? 1 : 0;
        while (i < text.length()) {
            List<String> record = new ArrayList<>();
            int start = i;
            boolean ended = false;
            while (!ended) {
                StringBuilder field = new StringBuilder();
                i = field(text, i, field);
                record.add(field.toString());
                ended = i >= text.length() || text.charAt(i) != ',';
                i += ended ? 0 : 1;
            }
            boolean isEmptyLine = i == start;
            if (!isEmptyLine) {
                records.add(record);
            }
            i += text.startsWith("\r\n", i) ? 2 : 1;
        }
        return records;
    }

    /** Appends the field that begins somewhere, and returns where it ends. */
    private static int field(String text, int from, StringBuilder field) {
        int i = from;
        if (i < text.length() && text.charAt(i) == '"') {
            i++;
            while (true) {
                int quote = text.indexOf('"', i);
                require(quote >= 0);
                field.append(text, i, quote);
                i = quote + 1;
                if (!text.startsWith("\"", i)) {
                    break;
                }
                field.append('"');
                i++;
            }
            require(i == text.length() || ",\r\n".indexOf(text.charAt(i)) >= 0);
            return i;
        }
        while (i < text.length() && ",\r\n".indexOf(text.charAt(i)) < 0) {
            field.append(text.charAt(i++));
        }
        return i;
    }

    // ---- JSON lines

    private static List<Call> jsonLines(byte[] bytes) {
        String text = new String(bytes, UTF_8);
        List<Call> calls = new ArrayList<>();
        for (String line : (text.startsWith("\uFEFF") ? text.substring(1) : text).split("\r\n|\r|\n", -1)) {
            if (!line.isBlank()) {
                Map<String, String> fields = new Json(line).object();
                calls.add(call(COLUMNS.stream()
                        .map(column -> Optional.ofNullable(fields.get(column)).orElseThrow(Invalid::new))
                        .toList()));
            }
        }
        return calls;
    }

    /** One line of JSON. */
    private static final class Json {

        private final String line;
        private int i;

        Json(String line) {
            this.line = line;
        }

        /** Returns the columns of the object that the line must be. */
        Map<String, String> object() {
            Map<String, String> fields = new HashMap<>();
            members(Optional.of(fields));
            space();
            require(i == line.length());
            return fields;
        }

        /** Reads an object, and the columns of the outermost one. */
        private void members(Optional<Map<String, String>> columns) {
            take("{");
            space();
            if (line.startsWith("}", i)) {
                i++;
                return;
            }
            do {
                space();
                String name = string();
                take(":");
                space();
                if (columns.isPresent() && COLUMNS.contains(name)) {
                    require(i < line.length());
                    String value = line.charAt(i) == '"' ? string() : number();
                    require(columns.get().put(name, value) == null);
                } else {
                    value();
                }
                space();
            } while (next(','));
            take("}");
        }

        private void value() {
            space();
            require(i < line.length());
            switch (line.charAt(i)) {
                case '{' -> members(Optional.empty());
                case '[' -> {
                    i++;
                    space();
                    if (!next(']')) {
                        do {
                            value();
                            space();
                        } while (next(','));
                        take("]");
                    }
                }
                case '"' -> string();
                case 't' -> take("true");
                case 'f' -> take("false");
                case 'n' -> take("null");
                default -> number();
            }
        }

        private void space() {
            while (i < line.length() && (line.charAt(i) == ' ' || line.charAt(i) == '\t')) {
                i++;
            }
        }

        private void take(String text) {
            space();
            require(line.startsWith(text, i));
            i += text.length();
        }

        private boolean next(char c) {
            boolean there = i < line.length() && line.charAt(i) == c;
            i += there ? 1 : 0;
            return there;
        }

        private String number() {
            var matcher = java.util.regex.Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
                    .matcher(line)
                    .region(i, line.length());
            require(matcher.lookingAt());
            i = matcher.end();
            return matcher.group();
        }

        private String string() {
            require(next('"'));
            StringBuilder text = new StringBuilder();
            while (true) {
                require(i < line.length());
                char c = line.charAt(i++);
                require(c >= ' ');
                if (c == '"') {
                    return text.toString();
                }
                text.append(c == '\\' ? escaped() : c);
            }
        }

        private char escaped() {
            require(i < line.length());
            char c = line.charAt(i++);
            if (c == 'u') {
                require(i + 4 <= line.length() && line.substring(i, i + 4).matches("[0-9a-fA-F]{4}"));
                i += 4;
                return (char) Integer.parseInt(line.substring(i - 4, i), 16);
            }
            int which = "\"\\/bfnrt".indexOf(c);
            require(which >= 0);
            return "\"\\/\b\f\n\r\t".charAt(which);
        }
    }

    // ---- gzip

    private static byte[] gunzip(byte[] file) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int i = 0;
        do {
            i = member(file, i, out);
        } while (i < file.length);
        return out.toByteArray();
    }

    private static int member(byte[] file, int from, ByteArrayOutputStream out) {
        require(file.length >= from + 10);
        require((file[from] & 0xFF) == 0x1F && (file[from + 1] & 0xFF) == 0x8B && file[from + 2] == 8);
        int flags = file[from + 3];
        require((flags & 0xE0) == 0);
        int i = from + 10;
        if ((flags & 4) != 0) {
            require(file.length >= i + 2);
            i += 2 + ((file[i] & 0xFF) | (file[i + 1] & 0xFF) << 8);
        }
        for (int text = 8; text <= 16; text *= 2) {
            if ((flags & text) != 0) {
                while (i < file.length && file[i] != 0) {
                    i++;
                }
                i++;
            }
        }
        i += (flags & 2) != 0 ? 2 : 0;
        require(i <= file.length);
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(file, i, file.length - i);
            byte[] buffer = new byte[4_096];
            CRC32 check = new CRC32();
            while (!inflater.finished()) {
                int length = inflater.inflate(buffer);
                require(length > 0 || inflater.finished());
                check.update(buffer, 0, length);
                out.write(buffer, 0, length);
            }
            int end = file.length - inflater.getRemaining();
            require(file.length >= end + 8);
            require(littleEndian(file, end) == check.getValue());
            require(littleEndian(file, end + 4) == (inflater.getBytesWritten() & 0xFFFF_FFFFL));
            return end + 8;
        } catch (DataFormatException e) {
            throw new Invalid();
        } finally {
            inflater.end();
        }
    }

    private static long littleEndian(byte[] file, int at) {
        byte[] four = Arrays.copyOfRange(file, at, at + 4);
        return (four[0] & 0xFFL) | (four[1] & 0xFFL) << 8 | (four[2] & 0xFFL) << 16 | (four[3] & 0xFFL) << 24;
    }
}
