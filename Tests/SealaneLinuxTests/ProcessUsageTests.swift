import Glibc
import SealaneLinux
import Testing

@Suite(.serialized) struct ProcessUsageTests {
    @Test func `touched memory is resident, and freed memory is not`() throws {
        let byteCount = 64 << 20
        let before = try CurrentProcess.usage()
        let memory = try #require(
            mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        let mapped = try CurrentProcess.usage()
        memset(memory, 1, byteCount)
        let touched = try CurrentProcess.usage()
        munmap(memory, byteCount)
        let after = try CurrentProcess.usage()
        // Other tests of this process use some as well.
        #expect(mapped.virtualByteCount >= before.virtualByteCount + UInt64(byteCount))
        #expect(mapped.residentByteCount < before.residentByteCount + UInt64(byteCount / 2))
        #expect(touched.residentByteCount >= mapped.residentByteCount + UInt64(byteCount / 2))
        #expect(after.residentByteCount + UInt64(byteCount / 2) < touched.residentByteCount)
    }

    @Test func `a busy thread uses processor time`() throws {
        let before = try CurrentProcess.usage()
        var sum: UInt64 = 0
        while try CurrentProcess.usage().processorSeconds < before.processorSeconds + 0.1 {
            for number in 0..<10_000 { sum &+= UInt64(number) }
        }
        let after = try CurrentProcess.usage()
        // clock(3) reports the same in microseconds.
        #expect(abs(after.processorSeconds - Double(clock()) / 1e6) < 1, "\(sum)")
    }
}
