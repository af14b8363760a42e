// The live camera: one frame after the other, as fast as the device classifies them.
import { Problem } from "./download.js";

const WIDE = 1280; // pixels asked of the camera

export class Camera {
  /** `onFrame` gets an ImageBitmap and may take its time; `onLost` is called if the camera goes away. */
  constructor(onFrame, onLost) {
    Object.assign(this, { onFrame, onLost, stream: null });
  }

  get running() {
    return this.stream !== null;
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) throw new Problem("camera_insecure");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia(
        { video: { facingMode: { ideal: "environment" }, width: { ideal: WIDE } } });
    } catch (error) {
      throw new Problem(error.name === "NotAllowedError" ? "camera_denied" : "camera_missing");
    }
    this.stream.getVideoTracks()[0].addEventListener("ended", () => this.lose());
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.video.srcObject = this.stream;
    try {
      await this.video.play();
    } catch {
      this.stop();
      throw new Problem("camera_missing");
    }
    this.loop(this.stream);
  }

  async loop(stream) {
    while (this.stream === stream) {
      if (this.video.readyState >= 2) await this.onFrame(await createImageBitmap(this.video));
      await new Promise((resolve) => requestAnimationFrame(resolve)); // none while the tab is hidden
    }
  }

  lose() {
    if (!this.running) return;
    this.stop();
    this.onLost(new Problem("camera_lost"));
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }
}
