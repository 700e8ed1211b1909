package dev.ratelimit;

/** Whether the last call of a {@link Quota} may go beyond its amount. What goes beyond counts as used. */
public enum Overrun {

    /** A call is admitted if all that it uses still fits; one that uses nothing, unless the quota is over. */
    WHILE_FITS,

    /**
     * A call is admitted while anything remains, whatever it uses: the last call may overrun the amount. Once nothing
     * remains every call is refused, one that uses nothing of this unit included.
     */
    UNTIL_REACHED,

    /**
     * Every call is admitted, whatever is used: the quota is soft. It counts on, its status tells by how much the
     * amount is {@linkplain LimitStatus#overrun() overrun}, and it refuses nothing.
     */
    NEVER_REFUSES
}
