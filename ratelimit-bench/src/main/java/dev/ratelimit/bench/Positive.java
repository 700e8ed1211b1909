package dev.ratelimit.bench;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an option that must be at least 1. */
final class Positive implements ITypeConverter<Integer> {

    @Override
    public Integer convert(String text) {
        try {
            int number = Integer.parseInt(text);
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException e) {
            // as wrong as a number that is too small
        }
        throw new TypeConversionException("must be a whole number >= 1: " + text);
    }
}
