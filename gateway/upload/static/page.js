// Uploads files one after the other as raw bodies. All text goes through textContent.
"use strict";
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const input = document.getElementById("files");
  const drop = form.querySelector(".drop");
  const bar = form.querySelector("progress");
  const said = document.getElementById("said");
  const cancel = document.getElementById("cancel");
  const texts = form.dataset;
  let running = null;

  const say = (text, bad) => {
    said.textContent = text;
    said.className = bad ? "message bad" : "";
  };

  // One file; resolves to its number, rejects with a text for the person.
  const send = (file) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    running = request;
    request.open("POST", "/uploads");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRF", texts.csrf);
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.toWellFormed ? file.name.toWellFormed() : file.name));
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = 100 * event.loaded / event.total;
    };
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText).number);
      else if (request.status === 401) reject(texts.out);
      else reject(request.responseText.slice(0, 300) || texts.failed);
    };
    request.onerror = () => reject(texts.failed);
    request.onabort = () => reject("");
    request.send(file);
  });

  const unfit = (file) => {
    if (file.size > Number(texts.max)) return `${texts.large} ${file.name}`;
    if (file.size === 0) return `${texts.empty} ${file.name}`;
    return "";
  };

  const busy = (on) => {
    form.classList.toggle("busy", on);
    bar.hidden = cancel.hidden = !on;
    input.disabled = on;
  };

  const all = async (files) => {
    if (!files.length || running) return;
    const wrong = files.map(unfit).find(Boolean);
    if (wrong) return say(wrong, true);
    busy(true);
    const numbers = [];
    try {
      for (const [index, file] of files.entries()) {
        bar.value = 0;
        const of = files.length > 1 ? ` (${index + 1}/${files.length})` : "";
        say(`${texts.sending}${of}: ${file.name}`);
        numbers.push(await send(file));
      }
      say(texts.done);
      location.assign(numbers.length === 1 ? `/uploads/${numbers[0]}` : "/");
    } catch (reason) {
      if (typeof reason !== "string") throw reason;
      say(reason, reason !== "");
    } finally {
      running = null;
      input.value = "";
      busy(false);
    }
  };

  cancel.addEventListener("click", () => running && running.abort());
  input.addEventListener("change", () => all([...input.files]));
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    all([...event.dataTransfer.files]);
  });
})();
