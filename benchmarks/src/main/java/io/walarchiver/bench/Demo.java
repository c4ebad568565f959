package io.walarchiver.bench;

public final class Demo {
    public static void main(String[] a) throws Exception {
        System.out.println("console " + (System.console() != null) + " "
                + ProcessHandle.current().parent());
        for (int i = 0; i < 5; i++) {
            System.out.print("\r" + i);
            System.out.flush();
            Thread.sleep(300);
        }
        System.out.println();
        System.exit(a.length);
    }
}
