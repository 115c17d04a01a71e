import Glibc

extension WallClock {
    /// The local time: `2026-01-02T03:04:05+0000`.
    package static var timestamp: String {
        var seconds = time(nil)
        var local = tm()
        localtime_r(&seconds, &local)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            let count = strftime(text.baseAddress, text.count, "%Y-%m-%dT%H:%M:%S%z", &local)
            return String(
                decoding: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[..<count])), as: UTF8.self)
        }
    }
}
