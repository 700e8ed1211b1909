package dev.ratelimit;

/**
 * Stands for the kinds of limit of later versions. It has no instance. It is sealed into {@link Limit}, so that no
 * switch over the kinds compiles without a default: with a further kind that switch then still works.
 */
abstract non-sealed class FurtherLimit implements Limit {

    private FurtherLimit() {}
}
