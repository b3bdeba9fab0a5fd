//! Mounts the page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    {
        commonroom_web::mount();
        commonroom_web::install();
    }
}
