import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { VariantSize } from '../../../gen/crossres/v1/downsampler.js'
import type { Run } from '../context.js'
import { integer } from '../option-values.js'
import { readPicture } from '../picture-file.js'

interface DownsampleOptions {
  readonly resolution: number
  readonly small?: true
}

/** Adds `crossres downsample`. */
export function addDownsample(program: Command, run: Run): void {
  program
    .command('downsample')
    .description('make the low-resolution variant of a picture, as the paper does')
    .requiredOption('--resolution <pixels>', 'shortest side that the picture is brought down to', integer(1))
    .option('--small', 'keep the small size instead of enlarging back to that of the source')
    .argument('<in>', 'a picture')
    .argument('<out>', 'the PNG file to write')
    .addHelpText('after', HELP)
    .action(
      run(async ({ withClients, output, signal }, input: string, out: string, options: DownsampleOptions) => {
        const image = await readPicture(input)
        const { resolution } = options
        const size = options.small ? VariantSize.SMALL : VariantSize.RESTORED
        const { variants } = await withClients(({ downsampler }) =>
          downsampler.downsample({ image, resolutions: [resolution], size }, { signal }),
        )
        const variant = variants[0]
        if (!variant) throw new Error('The downsampler answered no variant.')
        await writeFile(out, variant.png)
        const { width, height, degraded } = variant
        output.result({ file: out, width, height, resolution, degraded }, () =>
          degraded
            ? `${out}: ${width} x ${height}, detail of ${resolution} px`
            : `${out}: ${width} x ${height}, unchanged: the picture has no more than ${resolution} px`,
        )
      }),
    )
}

const HELP = `
Examples:
  crossres downsample --resolution 16 face.jpg face-16.png
  crossres downsample --resolution 16 --small face.jpg tiny.png`
