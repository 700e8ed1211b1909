package dev.ratelimit.replay;

/** Text of a trace as a terminal may get it: a control character could clear the screen, or break a table. */
final class Printable {

    private Printable() {}

    static String of(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
