package dev.ratelimit;

/** The call may go ahead, and every limit it falls under is charged. */
public record Admitted() implements Decision {

    static final Admitted INSTANCE = new Admitted();

    @Override
    public boolean isAdmitted() {
        return true;
    }
}
