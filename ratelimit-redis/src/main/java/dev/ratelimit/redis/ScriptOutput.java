package dev.ratelimit.redis;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What the script answers: an array, not nested, of numbers or of texts.
 *
 * <p>Lettuce reads the answer to a command that it sent again, because the connection was cut, into the output that may hold a part of the
 * first answer. Its own outputs keep that part; here each array begins anew.
 */
final class ScriptOutput extends CommandOutput<String, String, List<Object>> {

    ScriptOutput() {
        super(StringCodec.UTF8, List.of());
    }

    @Override
    public void multi(int count) {
        output = new ArrayList<>(count);
    }

    @Override
    public void set(long integer) {
        output.add(integer);
    }

    @Override
    public void set(ByteBuffer bytes) {
        output.add(codec.decodeValue(bytes));
    }
}
