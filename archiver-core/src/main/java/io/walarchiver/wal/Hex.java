package io.walarchiver.wal;

/** Hexadecimal numbers as they stand in WAL file names: fixed width, upper case. */
final class Hex {

    private static final char[] DIGITS = "0123456789ABCDEF".toCharArray();

    private Hex() {}

    /** Reads digits of either case; returns -1 when a character is not a digit. At most eight digits are expected. */
    static long parse(CharSequence text, int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            // Character.digit also knows full-width and other Unicode digits; PostgreSQL does not.
            if (digit < 0 || text.charAt(i) > 'f') {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** True when every character is one PostgreSQL itself would print in a file name. */
    static boolean isUpperHex(CharSequence text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'F')) {
                return false;
            }
        }
        return true;
    }

    /** Eight upper-case digits of an unsigned 32-bit number. */
    static String eight(int value) {
        char[] text = new char[8];
        for (int i = 7, rest = value; i >= 0; i--, rest >>>= 4) {
            text[i] = DIGITS[rest & 0xF];
        }
        return new String(text);
    }
}
