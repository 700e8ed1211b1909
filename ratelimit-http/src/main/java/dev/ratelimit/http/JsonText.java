package dev.ratelimit.http;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Writes JSON: objects, lists, texts and numbers, in the order in which they are given. */
final class JsonText {

    private static final char SUBSTITUTE = '\uFFFD';

    private final StringBuilder text = new StringBuilder(256);

    /** Whether a value stands before the next one, in the same object or list. */
    private boolean follows;

    JsonText begin(char bracket) {
        separate();
        text.append(bracket);
        follows = false;
        return this;
    }

    JsonText end(char bracket) {
        text.append(bracket);
        follows = true;
        return this;
    }

    JsonText name(String name) {
        separate();
        quote(name);
        text.append(':');
        follows = false;
        return this;
    }

    JsonText value(String value) {
        separate();
        quote(value);
        follows = true;
        return this;
    }

    JsonText value(long value) {
        return literal(Long.toString(value));
    }

    JsonText value(boolean value) {
        return literal(Boolean.toString(value));
    }

    private JsonText literal(String value) {
        separate();
        text.append(value);
        follows = true;
        return this;
    }

    private void separate() {
        if (follows) {
            text.append(',');
        }
    }

    /** Writes a text. UTF-8 has no surrogate that stands alone, so U+FFFD stands for it. */
    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); ) {
            int character = value.codePointAt(i);
            if (character == '"' || character == '\\') {
                text.append('\\').append((char) character);
            } else if (character < ' ' || character == 0x7F || character == 0x2028 || character == 0x2029) {
                text.append(String.format("\\u%04x", character));
            } else if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
                text.append(SUBSTITUTE);
            } else {
                text.appendCodePoint(character);
            }
            i += Character.charCount(character);
        }
        text.append('"');
    }

    byte[] toBytes() {
        return text.toString().getBytes(UTF_8);
    }
}
