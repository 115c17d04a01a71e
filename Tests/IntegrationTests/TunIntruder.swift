import Foundation
import NetworkLab

/// A process without privileges that can open the TUN driver: on most hosts udev gives its node the mode 0666.
enum TunIntruder {
    enum Manner: String {
        /// Tries once.
        case once
        /// Tries repeatedly.
        case insist
        /// Disables its queue after attaching (kernel: IFF_DETACH_QUEUE).
        case disable
    }

    /// Starts on `host`. Prints `attached` and stays attached, or prints the error of the kernel.
    static func start(on host: Host, _ device: String = "sealane0", lanes: Int, _ manner: Manner = .once) async throws
        -> Program
    {
        let directory = host.network.directory
        let node = directory.path("net-tun")
        if !FileManager.default.fileExists(atPath: node) {
            _ = try await host.run("mknod", node, "c", "10", "200").success
            _ = try await host.run("chmod", "0666", node).success
            try directory.write(program, to: "intruder.py", mode: 0o644)
        }
        return try host.network.start(
            host.index,
            [
                "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
                "python3", directory.path("intruder.py"), node, device, "\(lanes)", manner.rawValue,
            ])
    }

    /// The result of a single attempt: `attached` or `EPERM`.
    static func attempt(on host: Host, _ device: String = "sealane0", lanes: Int) async throws -> String {
        let intruder = try await start(on: host, device, lanes: lanes)
        try await eventually("the intruder has tried: \(intruder.output)") { intruder.output.contains("\n") }
        intruder.send(SIGKILL)
        return intruder.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let program = """
        import errno, fcntl, os, struct, sys, time
        node, device, lanes, manner = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
        TUNSETIFF, TUNSETQUEUE = 0x400454ca, 0x400454d9
        IFF_TUN, IFF_NO_PI, IFF_MULTI_QUEUE, IFF_DETACH_QUEUE = 0x0001, 0x1000, 0x0100, 0x0400
        flags = IFF_TUN | IFF_NO_PI | (IFF_MULTI_QUEUE if lanes > 1 else 0)
        with os.fdopen(os.open(node, os.O_RDWR), 'rb', 0) as tun:
            if manner == 'insist':
                print('trying', flush=True)
            while True:
                try:
                    fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH22x', device.encode(), flags))
                    break
                except OSError as error:
                    if manner != 'insist':
                        sys.exit(errno.errorcode[error.errno])
            if manner == 'disable':
                fcntl.ioctl(tun, TUNSETQUEUE, struct.pack('16sH22x', b'', IFF_DETACH_QUEUE))
            print('attached', flush=True)
            time.sleep(600)

        """
}
