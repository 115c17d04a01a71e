/// How long a test waits for what has to come. It ends what hangs, and is no measure of anything: on a machine that does other
/// work as well, every wait may take minutes, and a test passes all the same.
package enum Patience {
    package static let limit: Duration = .seconds(300)
    package static let nanoseconds: UInt64 = 300_000_000_000
}
