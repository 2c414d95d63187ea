import { describeSingles } from './describe-vendor.ts';

describeSingles('reversible', 'under prompt');
