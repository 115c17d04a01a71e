import Foundation
import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite struct HostStateTests {
    @Test func `the machine's vendor is the one that the kernel shows, if it shows one`() {
        let shown = try? String(contentsOfFile: "/sys/class/dmi/id/sys_vendor", encoding: .utf8)
        #expect(HostHardware.vendor == shown?.trimmingCharacters(in: .newlines))
    }

    @Test func `kernel, host name and memory agree with uname and sysconf`() throws {
        var names = utsname()
        #expect(uname(&names) == 0)
        func text(_ field: some Any) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        #expect(HostHardware.kernelRelease == text(names.release))
        #expect(HostHardware.hostName == text(names.nodename))
        let memory = UInt64(sysconf(CInt(_SC_PHYS_PAGES))) * UInt64(sysconf(CInt(_SC_PAGESIZE)))
        #expect(HostHardware.memoryByteCount == memory)
        #expect(HostHardware.bootID?.count == 36)
        #expect(HostHardware.bootID == HostHardware.bootID)
        let information = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        #expect(HostHardware.processorModel.map { information.contains("model name\t: \($0)\n") } != false)
    }

    @Test func `whether the clock is synchronised agrees with adjtimex`() throws {
        // adjtimex(2) on 64-bit machines: `status` is the int at byte 40, STA_UNSYNC its bit 0x40.
        typealias Call = @convention(c) (UnsafeMutableRawPointer) -> CInt
        let adjtimex = unsafeBitCast(try #require(dlsym(nil, "adjtimex")), to: Call.self)
        let (result, status) = withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { memory in
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            guard let base = memory.baseAddress else { return (CInt(-1), CInt(0)) }
            return (adjtimex(base), memory.load(fromByteOffset: 40, as: CInt.self))
        }
        guard result >= 0 else {
            #expect(systemError { _ = try WallClock.isSynchronised() }?.call == "adjtimex")
            return
        }
        #expect(try WallClock.isSynchronised() == (status & 0x40 == 0))
    }

    @Test(.enabled(if: PrivateNetwork.isAvailable)) func `tryDriver opens the TUN driver without creating a device`()
        throws
    {
        let (before, after) = try PrivateNetwork.run {
            let before = try NetworkInterface.all().map(\.name)
            try TunDevice.tryDriver()
            return (before, try NetworkInterface.all().map(\.name))
        }
        #expect(before == after)
    }
}
