/// What the firmware says of the machine (SMBIOS; kernel: /sys/class/dmi/id).
public enum HostHardware {
    /// The system's maker, such as `Amazon EC2`; nil where nothing says it: no SMBIOS, or a container without /sys.
    public static var vendor: String? {
        guard let bytes = try? AtomicFile.read("/sys/class/dmi/id/sys_vendor", maximumByteCount: 4096),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        return text.last == "\n" ? String(text.dropLast()) : text
    }
}
